//! Pages, the trees that they make, and the chains of pages that hold what does not fit in one.

use std::io::{self, Read, SeekFrom};

use crate::source::archive::tar::fill;
use crate::source::archive::unpack::ReadSeek;

/// As much of one row is read.
const LONGEST_ROW: u64 = 16 << 20;
/// Each page is of one tree or none, and so read once. Trees that share some are read as long as all that was read is no
/// more than so many times all pages.
const MOST_READINGS: u64 = 4;
/// No tree of pages is deeper than this, by the limit on the number of pages.
const DEEPEST_TREE: usize = 40;
/// The header of the file, which comes before that of the first page.
const FILE_HEADER: usize = 100;

/// How texts are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The pages of a database.
pub struct Pages<'f> {
    file: &'f mut dyn ReadSeek,
    size: usize,
    /// What each page holds of the database itself; the rest belongs to extensions.
    usable: usize,
    count: u32,
    /// How many pages were read; one that was read again counts again.
    read: u64,
    first_free: u32,
    pub encoding: Encoding,
}

impl<'f> Pages<'f> {
    pub fn open(file: &'f mut dyn ReadSeek) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let mut header = [0; FILE_HEADER];
        if fill(file, &mut header)? < FILE_HEADER {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size if size >= 512 && size.is_power_of_two() => usize::from(size),
            _ => return Err(damaged("a size of pages that none has")),
        };
        let usable = size - usize::from(header[20]);
        if usable < 480 {
            return Err(damaged("pages that are too small"));
        }
        let encoding = match u32_at(&header, 56) {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        let count = u32::try_from(length / size as u64).unwrap_or(u32::MAX);
        Ok(Self { file, size, usable, count, read: 0, first_free: u32_at(&header, 32), encoding })
    }

    fn read(&mut self, number: u32) -> io::Result<Vec<u8>> {
        if number == 0 || number > self.count {
            return Err(damaged("it names a page that is not there"));
        }
        self.read += 1;
        if self.read > MOST_READINGS * u64::from(self.count) {
            return Err(damaged("its tables share pages"));
        }
        self.file.seek(SeekFrom::Start(u64::from(number - 1) * self.size as u64))?;
        let mut page = vec![0; self.size];
        self.file.read_exact(&mut page)?;
        Ok(page)
    }

    pub fn has_free(&self) -> bool {
        self.first_free != 0
    }

    /// The bytes of the pages that are free.
    pub fn free<'p>(&'p mut self) -> Free<'p, 'f> {
        Free {
            trunk: self.first_free,
            pages: self,
            listed: Vec::new(),
            read: 0,
            page: io::Cursor::new(Vec::new()),
        }
    }
}

/// A walk over the rows of a tree, in the order of their keys.
pub struct Tree {
    path: Vec<Node>,
    root: Option<u32>,
    /// How many pages it took, with those of what does not fit in one.
    taken: u32,
}

impl Tree {
    pub fn new(root: u32) -> Self {
        Self { path: Vec::new(), root: Some(root), taken: 0 }
    }

    /// The next row, and whether all of it is there.
    pub fn next(&mut self, pages: &mut Pages<'_>) -> io::Result<Option<(Vec<u8>, bool)>> {
        if let Some(root) = self.root.take() {
            self.enter(pages, root)?;
        }
        while let Some(node) = self.path.last_mut() {
            match node.step()? {
                Step::Child(number) => self.enter(pages, number)?,
                Step::Cell(at) => return node.row(at, pages, &mut self.taken).map(Some),
                Step::Nothing => {}
                Step::Done => {
                    self.path.pop();
                }
            }
        }
        Ok(None)
    }

    fn enter(&mut self, pages: &mut Pages<'_>, number: u32) -> io::Result<()> {
        if self.path.len() == DEEPEST_TREE {
            return Err(damaged(CIRCLE));
        }
        let bytes = take(pages, number, &mut self.taken)?;
        let header = if number == 1 { FILE_HEADER } else { 0 };
        let kind = match bytes[header] {
            13 => Kind { has_children: false, is_index: false },
            5 => Kind { has_children: true, is_index: false },
            10 => Kind { has_children: false, is_index: true },
            2 => Kind { has_children: true, is_index: true },
            _ => return Err(damaged("a page of no kind")),
        };
        self.path.push(Node { bytes, header, kind, done: 0 });
        Ok(())
    }
}

/// Reads a page that belongs to a tree, which takes none twice.
fn take(pages: &mut Pages<'_>, number: u32, taken: &mut u32) -> io::Result<Vec<u8>> {
    *taken += 1;
    if *taken > pages.count { Err(damaged(CIRCLE)) } else { pages.read(number) }
}

const CIRCLE: &str = "its pages make a circle";

/// The kind of a page. Tables without row ids are kept as indexes.
#[derive(Clone, Copy)]
struct Kind {
    has_children: bool,
    is_index: bool,
}

/// A page on the way, and how far the walk is in it.
struct Node {
    bytes: Vec<u8>,
    header: usize,
    kind: Kind,
    done: usize,
}

enum Step {
    Child(u32),
    /// A row begins at this offset, with its length.
    Cell(usize),
    Nothing,
    Done,
}

impl Node {
    /// In pages with children, a child comes before each cell, and one after all.
    fn step(&mut self) -> io::Result<Step> {
        let cells = usize::from(u16_at(&self.bytes, self.header + 3));
        let done = self.done;
        self.done += 1;
        if !self.kind.has_children {
            return if done < cells { Ok(Step::Cell(self.cell(done)?)) } else { Ok(Step::Done) };
        }
        match done {
            done if done == 2 * cells => Ok(Step::Child(u32_at(&self.bytes, self.header + 8))),
            done if done > 2 * cells => Ok(Step::Done),
            done if done.is_multiple_of(2) => {
                let cell = self.cell(done / 2)?;
                let child =
                    self.bytes.get(cell..cell + 4).ok_or_else(|| damaged("a cell outside of its page"))?;
                Ok(Step::Child(u32_at(child, 0)))
            }
            done if self.kind.is_index => Ok(Step::Cell(self.cell(done / 2)? + 4)),
            _ => Ok(Step::Nothing),
        }
    }

    fn cell(&self, index: usize) -> io::Result<usize> {
        let first = self.header + if self.kind.has_children { 12 } else { 8 };
        let pointer = self.bytes.get(first + 2 * index..first + 2 * index + 2);
        let pointer = pointer.ok_or_else(|| damaged("more cells than its page holds"))?;
        Ok(usize::from(u16_at(pointer, 0)))
    }

    /// Reads a row, of which a part may stand on other pages.
    fn row(&self, at: usize, pages: &mut Pages<'_>, taken: &mut u32) -> io::Result<(Vec<u8>, bool)> {
        let outside = || damaged("a cell outside of its page");
        let mut rest = self.bytes[..pages.usable].get(at..).ok_or_else(outside)?;
        let length = varint(&mut rest).ok_or_else(outside)?;
        if !self.kind.is_index {
            varint(&mut rest).ok_or_else(outside)?;
        }
        let here = self.local(length, pages.usable);
        let (mut row, rest) =
            rest.split_at_checked(here).map(|(row, rest)| (row.to_vec(), rest)).ok_or_else(outside)?;
        let wanted = length.min(LONGEST_ROW) as usize;
        if row.len() < wanted {
            let mut next = rest.get(..4).map(|number| u32_at(number, 0)).ok_or_else(outside)?;
            while row.len() < wanted {
                let page = take(pages, next, taken)?;
                let count = (wanted - row.len()).min(pages.usable - 4);
                row.extend_from_slice(&page[4..4 + count]);
                next = u32_at(&page, 0);
            }
        }
        Ok((row, length <= LONGEST_ROW))
    }

    /// How much of a row of this length stands in the page.
    fn local(&self, length: u64, usable: usize) -> usize {
        let usable = usable as u64;
        let most = if self.kind.is_index { (usable - 12) * 64 / 255 - 23 } else { usable - 35 };
        if length <= most {
            return length as usize;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (usable - 4);
        (if fitting <= most { fitting } else { least }) as usize
    }
}

/// The pages that are free: trunks, which list others.
pub struct Free<'p, 'f> {
    pages: &'p mut Pages<'f>,
    trunk: u32,
    listed: Vec<u32>,
    read: u32,
    page: io::Cursor<Vec<u8>>,
}

impl Read for Free<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.page.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.read += 1;
            if self.read > self.pages.count {
                return Err(damaged("its free pages make a circle"));
            }
            if let Some(number) = self.listed.pop() {
                self.page = io::Cursor::new(self.pages.read(number)?);
            } else if self.trunk != 0 {
                let page = self.pages.read(self.trunk)?;
                self.trunk = u32_at(&page, 0);
                let count = (u32_at(&page, 4) as usize).min(self.pages.usable / 4 - 2);
                self.listed = (0..count).rev().map(|index| u32_at(&page, 8 + 4 * index)).collect();
                // What a trunk does not use for its list is left of what it held before.
                self.page = io::Cursor::new(page[8 + 4 * count..].to_vec());
            } else {
                return Ok(0);
            }
        }
    }
}

/// Takes a number of one to nine bytes off.
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for index in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            return Some(number << 8 | u64::from(byte));
        }
        number = number << 7 | u64::from(byte & 0x7F);
        if byte < 0x80 {
            break;
        }
    }
    Some(number)
}

pub fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
