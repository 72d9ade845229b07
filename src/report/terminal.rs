//! Text from strangers, made safe to look at.
//!
//! File names and snippets may hold escape sequences that repaint a terminal, marks that reorder
//! text, and characters that cannot be seen. [`escape`] spells them out, [`write_json`] does the same
//! within JSON, where the spelling changes no value. Nothing here decides what is shown.

use std::borrow::Cow;
use std::io::{self, Write};
use std::str::FromStr;

use anstream::stream::RawStream;
use serde::Serialize;
use serde_json::ser::Formatter;

/// Spells out every character that is invisible or changes how others are shown.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a character is invisible or changes how others are shown.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061C}' | '\u{200E}' | '\u{200F}'        // marks of direction
            | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{2028}' | '\u{2029}'                   // separators of lines and paragraphs
            | '\u{00AD}' | '\u{034F}' | '\u{180B}'..='\u{180F}' // soft hyphen, joiners, Mongolian selectors
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' // zero width
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'      // byte order mark, interlinear annotation
            | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{17B4}' | '\u{17B5}' // blank letters
            | '\u{FE00}'..='\u{FE0F}' | '\u{1D173}'..='\u{1D17A}' // variation selectors, musical controls
            | '\u{E0000}'..='\u{E0FFF}') // tags and more variation selectors
}

/// Writes a value as compact JSON in which every unsafe character is spelt `\uXXXX`.
pub fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, SafeFormatter);
    value.serialize(&mut serializer).map_err(io::Error::from)
}

struct SafeFormatter;

impl Formatter for SafeFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, character)| is_unsafe(*character)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal that can show them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// Whether to use colours on this stream; reads `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM`.
    pub fn on(self, stream: &impl RawStream) -> bool {
        match self {
            Self::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(format!("`{text}` is none of auto, always, never")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_stays_as_it_is() {
        for text in ["src/main.rs", "Größe = \"値\" # 😀", ""] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_cannot_be_seen_or_moves_text_is_spelt_out() {
        assert_eq!(escape("a\x1b[2Jb\r\n\tc\u{9b}"), "a\\u{1b}[2Jb\\r\\n\\tc\\u{9b}");
        assert_eq!(escape("user\u{202e}txt.exe\u{200b}"), "user\\u{202e}txt.exe\\u{200b}");
        let invisible = "\u{061c}\u{200e}\u{200f}\u{202a}\u{2066}\u{2069}\u{2028}\u{ad}\u{feff}\u{e0041}";
        assert!(escape(invisible).is_ascii());
    }

    #[test]
    fn json_spells_them_out_and_keeps_the_value() {
        let text = "a\u{202e}\"\\\n\x1b\u{7f}\u{9b}\u{2028}\u{e0041}é😀";
        let mut out = Vec::new();
        write_json(&mut out, &text).expect("a vector takes everything");
        let written = String::from_utf8(out).expect("JSON is UTF-8");
        assert!(!written.contains(is_unsafe), "{written}");
        assert!(written.contains("é😀"));
        assert_eq!(serde_json::from_str::<String>(&written).expect("it is JSON"), text);
    }

    #[test]
    fn colours_follow_the_option_first() {
        let file: Vec<u8> = Vec::new();
        assert!(Color::Always.on(&file));
        assert!(!Color::Never.on(&file));
        assert_eq!("always".parse(), Ok(Color::Always));
        assert!("purple".parse::<Color>().is_err());
    }
}
