//! The trees that deltas make over all packs: which objects are stored as changes to which.
//!
//! Made from the headers alone, without inflating anything. An object that stands in several packs is
//! one node, the copy in the first pack; what is stored as changes to another copy becomes its child,
//! since all copies hold the same bytes.

use super::entry::Stored;
use super::objects::{Objects, Pack};
use super::reader::Place;
use super::{Kinds, ObjectError, PackError};
use crate::git::{Kind, ObjectFormat, ObjectId};

/// The number of a node.
pub(super) type NodeId = u32;
/// No node, or no entry.
pub(super) const NONE: u32 = u32::MAX;

/// The objects of some kinds, by their deltas.
pub(super) struct Forest<'o> {
    objects: &'o Objects,
    nodes: Vec<Node>,
    /// Nodes that are stored whole, or whose base is no node: what is worth most first, the rest in the
    /// order of packs and offsets.
    pub roots: Vec<NodeId>,
    /// What has no kind, and why.
    pub broken: Vec<(ObjectId, ObjectError)>,
}

/// An object.
pub(super) struct Node {
    /// Where it begins.
    offset: u64,
    /// Its position in the index.
    position: u32,
    first_child: NodeId,
    next_sibling: NodeId,
    /// How many nodes its tree has from here on.
    pub weight: u32,
    pack: u16,
    pub kind: Kind,
}

impl<'o> Forest<'o> {
    /// Builds the trees of those of the wanted `kinds`.
    pub fn new(objects: &'o Objects, kinds: Kinds) -> Result<Self, PackError> {
        let survey = objects.survey()?;
        let mut forest = Self { objects, nodes: Vec::new(), roots: Vec::new(), broken: Vec::new() };
        let node_of = forest.add_nodes(survey, kinds);
        forest.link(survey, &node_of);
        Ok(forest)
    }

    pub fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node as usize]
    }

    pub fn id(&self, node: NodeId) -> ObjectId {
        let node = self.node(node);
        self.objects.packs[usize::from(node.pack)].idx.id(node.position)
    }

    pub fn place(&self, node: NodeId) -> Place {
        let node = self.node(node);
        (usize::from(node.pack), node.offset)
    }

    /// What is stored as changes to a node.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let some = |node: NodeId| (node != NONE).then_some(node);
        std::iter::successors(some(self.node(node).first_child), move |child| {
            some(self.node(*child).next_sibling)
        })
    }

    /// Makes nodes of the wanted entries; answers with the node of each entry.
    fn add_nodes(&mut self, survey: &Survey, kinds: Kinds) -> Vec<NodeId> {
        let wanted = |class: &Class| matches!(class, Class::Kind(kind) if kinds.contains(*kind));
        self.nodes.reserve_exact(survey.entries.iter().filter(|entry| wanted(&entry.class)).count());
        let mut node_of = vec![NONE; survey.entries.len()];
        for (pack, range) in survey.ranges.iter().enumerate() {
            for number in range.clone() {
                let entry = &survey.entries[number];
                match &entry.class {
                    Class::Kind(kind) if kinds.contains(*kind) => {
                        node_of[number] = self.nodes.len() as NodeId;
                        self.nodes.push(Node {
                            offset: entry.offset,
                            position: entry.position,
                            first_child: NONE,
                            next_sibling: NONE,
                            weight: 1,
                            pack: pack as u16,
                            kind: *kind,
                        });
                    }
                    Class::Broken(error) => {
                        let id = self.objects.packs[pack].idx.id(entry.position);
                        self.broken.push((id, error.error()));
                    }
                    Class::Kind(_) | Class::Copy | Class::Unknown => {}
                }
            }
        }
        node_of
    }

    /// Links children to their bases, and weighs the trees.
    fn link(&mut self, survey: &Survey, node_of: &[NodeId]) {
        let mut base_of = vec![NONE; self.nodes.len()];
        for (number, &node) in node_of.iter().enumerate().filter(|(_, node)| **node != NONE) {
            let base = survey.base(number).map_or(NONE, |base| node_of[base]);
            base_of[node as usize] = base;
            if base == NONE {
                self.roots.push(node);
            } else {
                self.nodes[node as usize].next_sibling = self.nodes[base as usize].first_child;
                self.nodes[base as usize].first_child = node;
            }
        }
        // Bases before what is stored as changes to them.
        let mut order = self.roots.clone();
        order.reserve_exact(self.nodes.len() - order.len());
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            order.extend(self.children(node));
            next += 1;
        }
        for &node in order.iter().rev() {
            let base = base_of[node as usize];
            if base != NONE {
                self.nodes[base as usize].weight += self.nodes[node as usize].weight;
            }
        }
        // Threads take the roots in turn; a heavy one that came last would leave the others idle.
        let heavy = (self.nodes.len() / 256) as u32;
        let nodes = &self.nodes;
        self.roots.sort_by_key(|root| {
            let weight = nodes[*root as usize].weight;
            std::cmp::Reverse(if weight > heavy { weight } else { 0 })
        });
    }
}

/// All entries of all packs, by pack and offset.
pub(super) struct Survey {
    entries: Vec<Surveyed>,
    /// The entries of each pack.
    ranges: Vec<std::ops::Range<usize>>,
}

struct Surveyed {
    offset: u64,
    position: u32,
    /// The entry it is stored as changes to, or, for a copy, the first one.
    base: u32,
    class: Class,
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Kind(Kind),
    /// It stands in an earlier pack, too.
    Copy,
    /// Stored as changes to what was not reached yet.
    Unknown,
    Broken(Defect),
}

/// Why an entry has no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    OutsidePack,
    Header,
    Base,
    Loop,
}

impl Defect {
    fn error(self) -> ObjectError {
        match self {
            Self::OutsidePack => ObjectError::OutsidePack,
            Self::Header => ObjectError::Header,
            Self::Base => ObjectError::Base,
            Self::Loop => ObjectError::Loop,
        }
    }
}

impl Survey {
    /// Reads all headers of `objects`.
    pub fn new(objects: &Objects) -> Result<Self, PackError> {
        let total: u64 = objects.packs.iter().map(|pack| u64::from(pack.idx.len())).sum();
        if total >= u64::from(NONE) || objects.packs.len() > usize::from(u16::MAX) {
            return Err(PackError::TooMany);
        }
        let mut survey = Self { entries: Vec::with_capacity(total as usize), ranges: Vec::new() };
        for pack in &objects.packs {
            survey.add_offsets(pack);
        }
        if objects.packs.len() > 1 {
            survey.find_copies(objects);
        }
        let mut far = Vec::new();
        for (number, pack) in objects.packs.iter().enumerate() {
            survey.read_headers(pack, number, objects.format, &mut far);
        }
        for (entry, base) in far {
            survey.entries[entry].base = survey.find(objects, &base).unwrap_or(NONE);
            survey.entries[entry].class = Class::Unknown;
            if survey.entries[entry].base == NONE {
                survey.resolve_loose_base(objects, entry, &base);
            }
        }
        survey.follow_bases();
        Ok(survey)
    }

    fn add_offsets(&mut self, pack: &Pack) {
        let first = self.entries.len();
        self.entries.extend((0..pack.idx.len()).map(|position| Surveyed {
            // An offset that the index does not say lies outside every pack.
            offset: pack.idx.offset(position).unwrap_or(u64::MAX),
            position,
            base: NONE,
            class: Class::Unknown,
        }));
        self.entries[first..].sort_unstable_by_key(|entry| entry.offset);
        self.ranges.push(first..self.entries.len());
    }

    /// Marks what stands in several packs in all but the first.
    fn find_copies(&mut self, objects: &Objects) {
        let numbers = self.numbers();
        let mut same = Vec::new();
        for byte in 0..=u8::MAX {
            same.clear();
            for (pack, packed) in objects.packs.iter().enumerate() {
                same.extend(packed.idx.positions(byte).map(|at| (packed.idx.id_bytes(at), pack, at)));
            }
            same.sort_unstable();
            for copies in same.chunk_by(|a, b| a.0 == b.0) {
                let number = |(_, pack, position): &(_, usize, u32)| numbers[*pack][*position as usize];
                let first = number(&copies[0]);
                for copy in &copies[1..] {
                    let copy = &mut self.entries[number(copy) as usize];
                    (copy.class, copy.base) = (Class::Copy, first);
                }
            }
        }
    }

    /// For each pack, the entry at each position of its index.
    fn numbers(&self) -> Vec<Vec<u32>> {
        let of_pack = |range: &std::ops::Range<usize>| {
            let mut numbers = vec![0; range.len()];
            for number in range.clone() {
                numbers[self.entries[number].position as usize] = number as u32;
            }
            numbers
        };
        self.ranges.iter().map(of_pack).collect()
    }

    /// Reads the headers of a pack. `far` gets what is stored as changes to objects of other packs.
    fn read_headers(
        &mut self,
        pack: &Pack,
        number: usize,
        format: ObjectFormat,
        far: &mut Vec<(usize, ObjectId)>,
    ) {
        let range = self.ranges[number].clone();
        for number in range.clone() {
            if self.entries[number].class == Class::Copy {
                continue;
            }
            let entry = match pack.entry(self.entries[number].offset, format) {
                Ok(entry) => entry,
                Err(ObjectError::OutsidePack) => {
                    self.entries[number].class = Class::Broken(Defect::OutsidePack);
                    continue;
                }
                Err(_) => {
                    self.entries[number].class = Class::Broken(Defect::Header);
                    continue;
                }
            };
            let base = match entry.stored {
                Stored::Whole(kind) => {
                    self.entries[number].class = Class::Kind(kind);
                    continue;
                }
                Stored::DeltaOf(offset) => self.before(range.start, number, offset),
                Stored::DeltaOfId(id) => {
                    let own = pack.idx.find(&id).and_then(|position| pack.idx.offset(position));
                    match own {
                        Some(offset) => self.at(range.clone(), offset),
                        None => {
                            far.push((number, id));
                            continue;
                        }
                    }
                }
            };
            match base {
                Some(base) => {
                    self.entries[number].base = base as u32;
                    // Bases mostly stand before, so that their kind is known.
                    if let Some(Class::Kind(kind)) = self.base(number).map(|base| self.entries[base].class) {
                        self.entries[number].class = Class::Kind(kind);
                    }
                }
                None => self.entries[number].class = Class::Broken(Defect::Base),
            }
        }
    }

    /// The entry at `offset`, which lies before `number`: mostly only a little.
    fn before(&self, first: usize, number: usize, offset: u64) -> Option<usize> {
        let (mut low, mut step) = (number, 1);
        while low > first && self.entries[low].offset > offset {
            low = low.saturating_sub(step).max(first);
            step *= 2;
        }
        self.at(low..number, offset)
    }

    fn at(&self, range: std::ops::Range<usize>, offset: u64) -> Option<usize> {
        let found = self.entries[range.clone()].binary_search_by_key(&offset, |entry| entry.offset);
        found.ok().map(|index| range.start + index)
    }

    fn find(&self, objects: &Objects, id: &ObjectId) -> Option<u32> {
        objects.packs.iter().zip(&self.ranges).find_map(|(pack, range)| {
            let offset = pack.idx.offset(pack.idx.find(id)?)?;
            self.at(range.clone(), offset).map(|number| number as u32)
        })
    }

    /// The entry that `number` is stored as changes to: the first copy of it.
    fn base(&self, number: usize) -> Option<usize> {
        let base = Some(self.entries[number].base).filter(|base| *base != NONE)? as usize;
        let copied = &self.entries[base];
        Some(if copied.class == Class::Copy { copied.base as usize } else { base })
    }

    /// What is stored as changes to a loose object is a root of that object's kind.
    fn resolve_loose_base(&mut self, objects: &Objects, entry: usize, base: &ObjectId) {
        self.entries[entry].class = match objects.reader().read(base) {
            Ok(base) => Class::Kind(base.kind),
            Err(_) => Class::Broken(Defect::Base),
        };
    }

    /// Finds the kind of what is stored as changes to something that came later.
    fn follow_bases(&mut self) {
        let mut chain = Vec::new();
        for number in 0..self.entries.len() {
            let mut at = number;
            let class = loop {
                match self.entries[at].class {
                    Class::Unknown => {
                        chain.push(at);
                        // Until its kind is found: what comes here again is a loop.
                        self.entries[at].class = Class::Broken(Defect::Loop);
                        match self.base(at) {
                            Some(base) => at = base,
                            None => break Class::Broken(Defect::Base),
                        }
                    }
                    Class::Broken(Defect::Loop) => break Class::Broken(Defect::Loop),
                    Class::Broken(_) => break Class::Broken(Defect::Base),
                    known => break known,
                }
            };
            for at in chain.drain(..) {
                self.entries[at].class = class;
            }
        }
    }
}
