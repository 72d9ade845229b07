//! The rows of a table as lines of JSON.

use std::borrow::Cow;
use std::io::{self, Read};

use super::page::{Encoding, Pages, Tree, damaged, varint};

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
    /// Nothing, or a number with a fraction.
    Other,
}

/// The rows of a table; read, they are lines of JSON.
pub struct Rows<'p, 'f> {
    pages: &'p mut Pages<'f>,
    tree: Tree,
    columns: Vec<String>,
    line: io::Cursor<Vec<u8>>,
    was_cut: bool,
}

impl<'p, 'f> Rows<'p, 'f> {
    pub fn new(pages: &'p mut Pages<'f>, root: u32, columns: Vec<String>) -> Self {
        Self { pages, tree: Tree::new(root), columns, line: io::Cursor::new(Vec::new()), was_cut: false }
    }

    /// Whether not all of a row was read.
    pub fn was_cut(&self) -> bool {
        self.was_cut
    }

    pub fn next_row(&mut self) -> io::Result<Option<Vec<Value>>> {
        let Some((row, is_whole)) = self.tree.next(self.pages)? else { return Ok(None) };
        self.was_cut |= !is_whole;
        values(&row, self.pages.encoding).map(Some).ok_or_else(|| damaged("a row that cannot be read"))
    }

    /// Writes the texts of a row under the names of their columns.
    fn write(&mut self, values: Vec<Value>) {
        let line = self.line.get_mut();
        line.clear();
        line.push(b'{');
        for (index, value) in values.into_iter().enumerate() {
            let text = match value {
                Value::Text(text) => text,
                Value::Blob(bytes) => printable(&bytes),
                Value::Integer(_) | Value::Other => continue,
            };
            if line.len() > 1 {
                line.push(b',');
            }
            let name: Cow<'_, str> =
                self.columns.get(index).map_or_else(|| format!("column {index}").into(), Cow::from);
            for (text, end) in [(&*name, &b":"[..]), (&*text, &b""[..])] {
                serde_json::to_writer(&mut *line, text).expect("a vector takes every text");
                line.extend_from_slice(end);
            }
        }
        line.extend_from_slice(b"}\n");
        self.line.set_position(0);
    }
}

impl Read for Rows<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.line.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.next_row()? {
                Some(values) => self.write(values),
                None => return Ok(0),
            }
        }
    }
}

/// A blob as text: what is none stands apart from what is.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect()
}

/// No table has more columns, by the limits of SQLite.
const MOST_COLUMNS: usize = 32_767;

/// The values of a row, as far as they are there: its end may have been cut off.
fn values(row: &[u8], encoding: Encoding) -> Option<Vec<Value>> {
    let mut rest = row;
    let header = varint(&mut rest)? as usize;
    let mut kinds = row.get(row.len() - rest.len()..header)?;
    let mut content = row.get(header..)?;
    let mut values = Vec::new();
    while !kinds.is_empty() {
        if values.len() == MOST_COLUMNS {
            return None;
        }
        let kind = varint(&mut kinds)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.saturating_sub(12) / 2,
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(content.len());
        let (bytes, rest) = content.split_at(length);
        content = rest;
        values.push(match kind {
            1..=6 => Value::Integer(bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))),
            8 | 9 => Value::Integer(kind as i64 - 8),
            0 | 7 | 10 | 11 => Value::Other,
            _ if kind.is_multiple_of(2) => Value::Blob(bytes.to_vec()),
            _ => Value::Text(decode(bytes, encoding)),
        });
    }
    Some(values)
}

fn decode(bytes: &[u8], encoding: Encoding) -> String {
    let wide = match encoding {
        Encoding::Utf8 => return String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => encoding_rs::UTF_16LE,
        Encoding::Utf16Be => encoding_rs::UTF_16BE,
    };
    wide.decode_without_bom_handling(bytes).0.into_owned()
}
