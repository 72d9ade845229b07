//! Databases of SQLite, as <https://www.sqlite.org/fileformat2.html> describes them.
//!
//! Each table is a member whose lines are its rows, in the order of their keys, written as JSON:
//! `{"column":"value"}`, with texts, and blobs as far as they read as text. So the name of a column speaks
//! for its values, and the number of a line is that of the row. The schema is a member, and so are the pages
//! that are free, as they are: they hold what was deleted.
//!
//! Own code, and not the library in C: that is as large as all of this program, and does more with files of
//! strangers than reading. Reads a page at a time.

mod page;
mod row;
mod schema;

use std::sync::Arc;

use page::Pages;
use row::{Rows, Value};
use schema::Table;

use super::budget::GivingOut;
use super::unpack::{Failure, ReadSeek, Unpack};
use crate::blob::Provenance;

/// What a database begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// The members that are no tables; no name of a table needs parentheses.
const SCHEMA: &[u8] = b"(schema).sql";
const FREE_PAGES: &[u8] = b"(free pages)";

/// Lends the tables of a database.
pub(super) fn read(
    unpack: &mut Unpack<'_>,
    file: &mut dyn ReadSeek,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    let mut pages = Pages::open(file)?;
    let (tables, statements) = schema(unpack, &mut pages)?;
    unpack.member(at, SCHEMA, &mut statements.as_bytes());
    for table in tables {
        let rows = Rows::new(&mut pages, table.root, table.columns);
        let mut reader = GivingOut { reader: rows, budget: unpack.budget };
        unpack.member(at, table.name.as_bytes(), &mut reader);
        if reader.reader.was_cut() {
            let member = Provenance::Member { container: Arc::clone(at), path: table.name.into_bytes() };
            unpack.tell(
                Err(Failure::Damaged("only the beginnings of its largest rows were read".into())),
                &member,
            );
        }
        unpack.goes_on()?;
    }
    if pages.has_free() {
        let mut free = GivingOut { reader: pages.free(), budget: unpack.budget };
        unpack.member(at, FREE_PAGES, &mut free);
    }
    unpack.goes_on()
}

/// The largest number of bytes of all statements that are kept.
const LONGEST_SCHEMA: usize = 8 << 20;

/// The tables, and the statements that made them and all else, one after the other.
fn schema(unpack: &Unpack<'_>, pages: &mut Pages<'_>) -> Result<(Vec<Table>, String), Failure> {
    let (mut tables, mut statements) = (Vec::new(), String::new());
    let mut rows = Rows::new(pages, 1, Vec::new());
    while let Some(values) = rows.next_row()? {
        unpack.goes_on()?;
        let [Value::Text(kind), Value::Text(name), _, root, Value::Text(sql)] = &values[..] else { continue };
        if statements.len() + sql.len() > LONGEST_SCHEMA {
            return Err(Failure::damaged("its schema is larger than any"));
        }
        statements.push_str(sql);
        statements.push_str(";\n");
        if let Value::Integer(root) = root
            && kind == "table"
            && *root > 0
        {
            tables.push(Table { name: name.clone(), root: *root as u32, columns: schema::columns(sql) });
        }
    }
    Ok((tables, statements))
}
