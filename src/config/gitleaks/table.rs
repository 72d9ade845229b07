//! Tables of TOML as gitleaks reads them: names in any case, one table or a list of them, a text where a list
//! of texts is wanted.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::foreign::Reader;

/// A table with the names of its fields in lower case, and the line of each.
pub type Fields<'a> = Vec<(String, &'a Spanned<DeValue<'a>>, usize)>;

/// The fields of a table.
pub fn fields<'a>(reader: &Reader<'_>, table: &'a DeTable<'a>) -> Fields<'a> {
    let lower = |key: &Spanned<Cow<'_, str>>| key.get_ref().to_ascii_lowercase();
    table.iter().map(|(key, value)| (lower(key), value, reader.line(key.span().start))).collect()
}

/// Reads a table that may be left out, or says that it is none.
pub fn table(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    name: &str,
    read: impl FnOnce(&mut Reader<'_>, &Fields<'_>, usize),
) {
    match value.get_ref() {
        DeValue::Table(inner) => {
            let inner = fields(reader, inner);
            read(reader, &inner, line);
        }
        _ => reader.broken(line, format!("`{name}` is not a table")),
    }
}

/// Reads one table, or each of a list of them.
pub fn each(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    name: &str,
    mut read: impl FnMut(&mut Reader<'_>, &Fields<'_>, usize),
) {
    if let DeValue::Array(items) = value.get_ref() {
        for item in items {
            let line = reader.line(item.span().start);
            table(reader, item, line, name, &mut read);
        }
    } else {
        table(reader, value, line, name, read);
    }
}

/// The texts of a list, each with its line.
pub fn texts(
    reader: &mut Reader<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    line: usize,
) -> Vec<(String, usize)> {
    let DeValue::Array(items) = value.get_ref() else {
        // Older files have a text where a list is wanted, and gitleaks takes it.
        if let DeValue::String(text) = value.get_ref() {
            return vec![(text.to_string(), line)];
        }
        reader.broken(line, format!("`{name}` is not a list of texts"));
        return Vec::new();
    };
    let mut texts = Vec::new();
    for item in items {
        let line = reader.line(item.span().start);
        match item.get_ref() {
            DeValue::String(text) => texts.push((text.to_string(), line)),
            _ => reader.broken(line, format!("`{name}` holds something that is no text")),
        }
    }
    texts
}

/// A text; `None` for anything else.
pub fn text(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// A number that counts something.
pub fn count(value: &Spanned<DeValue<'_>>) -> Option<u64> {
    match value.get_ref() {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

/// A number, whole or not.
pub fn number(value: &Spanned<DeValue<'_>>) -> Option<f32> {
    match value.get_ref() {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// Whether something is said to be so.
pub fn is_true(value: &Spanned<DeValue<'_>>) -> bool {
    matches!(value.get_ref(), DeValue::Boolean(true))
}
