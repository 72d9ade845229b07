//! Reads how a value is given a name, in whatever syntax: `KEY=value`, `key: value`, JSON, YAML, TOML,
//! XML attributes and elements, function arguments, setters and defaults, headers, flags, dictionary
//! access, comparisons with a literal, name and value in neighbouring fields.
//!
//! It reads forward from a name and says what stands there; whether name and value mean a secret is
//! judged elsewhere. It looks at a bounded number of bytes on either side of the name.

use super::byte::{self, skip, skip_back};
use super::literal;
use crate::span::Span;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 96;
/// The longest scope before a name inside quotes.
const LONGEST_SCOPE: usize = 24;
/// The longest stretch between a name and its value.
pub const LONGEST_GAP: usize = 64;
/// The longest value.
pub const LONGEST_VALUE: usize = 512;

/// A name, and the value it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name with its dots and dashes, without quotes, sigils and brackets.
    pub name: Span,
    /// What joins the two.
    pub operator: Operator,
    /// The value without its quotes.
    pub value: Span,
    /// How the value is marked off.
    pub quoting: Quoting,
    /// The function that the value is handed to on its way, innermost; empty where there is none.
    pub wrapper: Span,
    /// Every byte that was looked at.
    pub depends_on: Span,
}

/// What joins a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`, `:=`, `+=` and the like. `tight`: no blank on either side.
    Equals {
        /// No blank on either side.
        tight: bool,
    },
    /// `:`.
    Colon,
    /// `=>`, `<-`, `->`.
    Arrow,
    /// `==`, `!=`, `===`.
    Comparison,
    /// The value is the first argument of the named function.
    Call,
    /// The name is a string, and the value the next argument or the other half of a pair.
    Argument,
    /// `<name>value</name>`.
    Element,
    /// A flag and its argument, with a blank between.
    Flag,
    /// A blank between a keyword and its quoted value: `PASSWORD 'x'`.
    Keyword,
    /// The name is the value of one field, the value that of the next: `name: X`, `value: y`.
    NextField,
    /// The second of two strings in brackets, a user and a password: `auth=("x", "y")`.
    Pair,
    /// `||`, `??`, `or` and a string: what is taken where the name has no value.
    Default,
}

/// How a value is marked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Not at all: it ends where white space or punctuation begins.
    Bare,
    /// By quotes of some kind.
    Quoted {
        /// The string may have parts that are computed: a template, an f-string, a shell string.
        interpolated: bool,
        /// Something is joined to the string, before or after.
        joined: bool,
    },
    /// By the tags of an element.
    Element,
}

/// A position in the bytes with the means to move on from it.
pub struct Reader<'a> {
    /// All of them.
    pub bytes: &'a [u8],
    /// The offset of the next one to read.
    pub at: usize,
}

impl Reader<'_> {
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    pub fn take(&mut self, text: &[u8]) -> bool {
        let there = self.bytes[self.at.min(self.bytes.len())..].starts_with(text);
        self.at += if there { text.len() } else { 0 };
        there
    }

    pub fn blanks(&mut self) -> usize {
        let start = self.at;
        self.at = skip(self.bytes, start, start + LONGEST_GAP, byte::is_blank);
        self.at - start
    }

    /// Passes blanks and line ends; for places where a value may stand on the next line.
    pub fn space(&mut self) {
        self.at = skip(self.bytes, self.at, self.at + LONGEST_GAP, |b| b.is_ascii_whitespace());
    }
}

/// Reads the assignment whose name holds the byte at `hit`.
pub fn read(bytes: &[u8], hit: usize) -> Option<Assignment> {
    let name = name_around(bytes, hit)?;
    if let Some((value, quoting)) = value_before(bytes, name) {
        let depends_on = value.widen(LONGEST_SCOPE, 0, bytes.len()).union(name).widen(8, 8, bytes.len());
        let operator = Operator::NextField;
        return Some(Assignment { name, operator, value, quoting, wrapper: Span::default(), depends_on });
    }
    let mut reader = Reader { bytes, at: name.end };
    let quoted = close_name(&mut reader, name);
    let operator = operator(&mut reader, name, quoted)?;
    let before = name.start.checked_sub(1).map(|index| bytes[index]);
    let query = matches!(before, Some(b'?' | b'&' | b'#'));
    let operator = literal::pair(&mut reader, operator).unwrap_or(operator);
    let (value, quoting, wrapper) = literal::value(&mut reader, operator, query)?;
    // What could have stood between the two was looked for, too: a type, a call, a second field.
    let looked_at = Span::new(name.start, value.end.max(name.end + 5 * LONGEST_GAP));
    let depends_on = looked_at.widen(LONGEST_SCOPE + 8, 24, bytes.len());
    Some(Assignment { name, operator, value, quoting, wrapper, depends_on })
}

/// The name around a byte: word bytes, and dots and dashes between them.
fn name_around(bytes: &[u8], hit: usize) -> Option<Span> {
    let end = skip(bytes, hit, hit + LONGEST_NAME, byte::is_name);
    // Nothing that joins a value begins with these; most names end here.
    if matches!(
        bytes.get(end),
        None | Some(b')' | b';' | b'/' | b'}' | b'#' | b'%' | b'&' | b'@' | b'^' | b'~' | b'{')
    ) {
        return None;
    }
    let limit = hit.saturating_sub(LONGEST_NAME);
    let start = skip_back(bytes, hit, limit, byte::is_name);
    // A dot or dash at an end belongs to what is around: a flag's dashes, a sentence's dot, `->`.
    let start = skip(bytes, start, end, |b| !byte::is_word(b));
    let end = skip_back(bytes, end, start, |b| !byte::is_word(b));
    (start <= hit && hit < end && (start > limit || start == 0)).then_some(Span::new(start, end))
}

/// Passes what closes a name: quotes, a subscript's bracket, marks of optional fields. Answers whether
/// the name was a string.
fn close_name(reader: &mut Reader<'_>, name: Span) -> bool {
    // A flag's dashes, a section or a scope may stand between the quote and the name: `"--token"`, `"Jwt:Secret"`.
    let scope = |b: u8| byte::is_name(b) || matches!(b, b':' | b'@' | b'/');
    let head = skip_back(reader.bytes, name.start, name.start.saturating_sub(LONGEST_SCOPE), scope);
    let before = head.checked_sub(1).map(|index| reader.bytes[index]);
    let mut quoted = false;
    if matches!(reader.peek(), Some(b'?' | b'!')) && reader.peek_at(1) == Some(b':') {
        reader.at += 1;
    }
    let escapes = skip(reader.bytes, reader.at, reader.at + 4, |b| b == b'\\') - reader.at;
    if let Some(quote @ (b'"' | b'\'' | b'`')) = reader.peek_at(escapes) {
        if before == Some(quote) {
            quoted = true;
            reader.at += escapes + 1;
        }
    } else if reader.bytes[reader.at..].starts_with(b"&quot;") {
        quoted = true;
        reader.at += 6;
    }
    if reader.peek() == Some(b']') {
        reader.at += 1;
    } else if reader.peek() == Some(b'[') {
        // The size of an array: `char password[] =`, `char password[32] =`.
        let end = skip(reader.bytes, reader.at + 1, reader.at + 8, |b| b.is_ascii_digit());
        if reader.bytes.get(end) == Some(&b']') {
            reader.at = end + 1;
        }
    }
    quoted
}

fn operator(reader: &mut Reader<'_>, name: Span, quoted: bool) -> Option<Operator> {
    let bytes = reader.bytes;
    let before = name.start.checked_sub(1).map(|index| bytes[index]);
    let start = reader.at;
    if !quoted && reader.take(b"(") {
        return Some(Operator::Call);
    }
    if !quoted && matches!(before, Some(b'<' | b':')) && reader.take(b">") {
        return Some(Operator::Element);
    }
    let blanks = reader.blanks();
    let rest = &bytes[reader.at.min(bytes.len())..];
    let found = match rest {
        [b'=', b'=', ..] | [b'!', b'=', ..] => {
            reader.at = skip(bytes, reader.at, reader.at + 3, |b| matches!(b, b'=' | b'!'));
            Operator::Comparison
        }
        // Without a blank, `->` leads to a member.
        [b'-', b'>', ..] if blanks == 0 && !quoted => return None,
        [b'=', b'>', ..] | [b'<', b'-', ..] | [b'-', b'>', ..] => {
            reader.at += 2;
            Operator::Arrow
        }
        [b'=', b'~', ..] | [b':', b':', ..] => return None,
        [b'|', b'|', b' ', ..] | [b'?', b'?', b' ', ..] | [b'o', b'r', b' ', ..] if blanks > 0 || quoted => {
            reader.at += 2;
            Operator::Default
        }
        [b')', ..] if quoted => return default(reader),
        [b't', b'o', b' ', ..] if quoted && blanks > 0 => {
            reader.at += 2;
            Operator::Argument
        }
        [b'{', ..] if blanks > 0 && !quoted => return auto_property(reader),
        [b'{', ..] if quoted => return default_in_block(reader),
        [b'>', ..] if quoted => return element_after(reader),
        [b'i', b's', b' ', quote, ..] if blanks > 0 && matches!(quote, b'"' | b'`') => {
            reader.at += 2;
            Operator::Keyword
        }
        [b'<', b'/', ..] if before == Some(b'>') => return element_after(reader),
        // OpenSSL's way to give a passphrase: `-passin pass:value`.
        [b':', ..]
            if [b"-passin ".as_slice(), b"-passout ", b"-pass "]
                .iter()
                .any(|flag| bytes[..name.start].ends_with(flag)) =>
        {
            reader.at += 1;
            Operator::Flag
        }
        // A shell's parameter with a default: `${NAME:-value}`.
        [b':', b'-' | b'=', ..] if before == Some(b'{') => {
            reader.at += 2;
            Operator::Equals { tight: true }
        }
        [b':' | b'+' | b'?' | b'.', b'=', ..] | [b'|', b'|', b'=', ..] => {
            reader.at = skip(bytes, reader.at, reader.at + 3, |b| b != b'=') + 1;
            Operator::Equals { tight: false }
        }
        [b'=', ..] => {
            reader.at += 1;
            Operator::Equals { tight: blanks == 0 && !reader.peek().is_some_and(byte::is_blank) }
        }
        [b':', ..] => {
            reader.at += 1;
            declared_type(reader).unwrap_or(Operator::Colon)
        }
        [b',', ..] if !quoted && is_next_field(reader) => Operator::NextField,
        [b',', ..] if quoted || is_compared(bytes, name) => {
            reader.at += 1;
            reader.space();
            default_argument(reader);
            if next_field(reader) { Operator::NextField } else { Operator::Argument }
        }
        _ => {
            reader.at = start;
            reader.space();
            let flag = before == Some(b'-') && !quoted;
            if reader.at > start && next_field(reader) {
                Operator::NextField
            } else if flag && blanks > 0 && reader.at == start + blanks {
                Operator::Flag
            } else if !quoted
                && blanks > 0
                && (bytes[..name.start].ends_with(b"ENV ") || is_property(bytes, name, reader.at))
            {
                Operator::Equals { tight: true }
            } else if !quoted && blanks > 0 && type_before_equals(reader) {
                Operator::Equals { tight: false }
            } else if !quoted
                && blanks > 0
                && (matches!(reader.peek(), Some(b'"' | b'\''))
                    || reader.peek() == Some(b'@') && reader.peek_at(1) == Some(b'"'))
                && reader.at == start + blanks
            {
                Operator::Keyword
            } else {
                return None;
            }
        }
    };
    Some(found)
}

/// After a comma: passes the name and operator of a field called `value`, as in `{ name: X, value: y }`.
fn is_next_field(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    reader.take(b",");
    reader.blanks();
    let there = next_field(reader);
    reader.at = if there { reader.at } else { start };
    there
}

/// The value of a field before the one that holds the name: `value="…" key="X"`.
fn value_before(bytes: &[u8], name: Span) -> Option<(Span, Quoting)> {
    let mark = |b: u8| byte::is_blank(b) || matches!(b, b'"' | b'\'' | b':' | b'=');
    let back = |from: usize, most: usize, keep: &dyn Fn(u8) -> bool| {
        skip_back(bytes, from, from.saturating_sub(most), keep)
    };
    let field = back(name.start, 4, &mark);
    let word = [b"name".as_slice(), b"key", b"Name", b"Key"]
        .into_iter()
        .find(|word| bytes[..field].ends_with(word))?;
    let end = back(field - word.len(), LONGEST_GAP, &|b| {
        b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',')
    });
    let quote = bytes.get(end).copied().filter(|b| matches!(b, b'"' | b'\''));
    let start = back(end, LONGEST_VALUE, &|b| Some(b) != quote && b > b' ');
    let before = back(start, 4, &mark);
    let is_value =
        before < start && (bytes[..before].ends_with(b"value") || bytes[..before].ends_with(b"Value"));
    let quoting = quote.map_or(Quoting::Bare, |_| Quoting::Quoted { interpolated: false, joined: false });
    (is_value && start < end).then_some((Span::new(start, end), quoting))
}

/// Whether the name is the first argument of a comparison: `strcmp(password, "…")`.
fn is_compared(bytes: &[u8], name: Span) -> bool {
    [b"cmp(".as_slice(), b"quals(", b"ompare("].iter().any(|callee| bytes[..name.start].ends_with(callee))
}

/// After a colon: a type and an equals sign before a string, `password: String = "…"`.
fn declared_type(reader: &mut Reader<'_>) -> Option<Operator> {
    let in_type = |b: u8| {
        byte::is_word(b)
            || matches!(b, b' ' | b'<' | b'>' | b'[' | b']' | b'?' | b'&' | b'.' | b'*' | b'|' | b'\'')
    };
    let end = skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, in_type);
    let written = reader.bytes[reader.at..end].trim_ascii();
    let words = written.split(|b| byte::is_blank(*b)).filter(|word| *word != b"|" && *word != b"mut").count();
    if reader.bytes.get(end) != Some(&b'=') || written.is_empty() || words > 2 {
        return None;
    }
    let value = skip(reader.bytes, end + 1, end + 4, byte::is_blank);
    matches!(reader.bytes.get(value), Some(b'"' | b'\'' | b'`')).then(|| {
        reader.at = end + 1;
        Operator::Equals { tight: false }
    })
}

/// A property on a line of its own, divided from its value by blanks alone: `app.client.secret   value`.
fn is_property(bytes: &[u8], name: Span, value: usize) -> bool {
    let line_starts = name.start == 0 || bytes[name.start - 1] == b'\n';
    let end = skip(bytes, value, value + LONGEST_VALUE, byte::is_token);
    line_starts
        && name.of(bytes).contains(&b'.')
        && end > value + 8
        && matches!(bytes.get(end), None | Some(b'\n' | b'\r'))
}

/// After the call that looked the name up: `getenv("X") or "…"`.
fn default(reader: &mut Reader<'_>) -> Option<Operator> {
    reader.take(b")");
    reader.blanks();
    const FALLBACKS: [&[u8]; 9] = [
        b"||",
        b"??",
        b"?:",
        b"or ",
        b".unwrap_or_else(|_| ",
        b".unwrap_or(",
        b".orElse(",
        b".getOrElse(",
        b".value_or(",
    ];
    FALLBACKS.iter().any(|fallback| reader.take(fallback)).then_some(Operator::Default)
}

/// A property of C# that is given a value where it is declared: `Password { get; set; } = "…"`.
fn auto_property(reader: &mut Reader<'_>) -> Option<Operator> {
    let body = skip(reader.bytes, reader.at + 1, reader.at + LONGEST_GAP, |b| {
        b.is_ascii_alphabetic() || matches!(b, b';' | b' ')
    });
    let accessors = &reader.bytes[reader.at + 1..body];
    reader.at = body;
    if !accessors.trim_ascii_start().starts_with(b"get") || !reader.take(b"}") {
        return None;
    }
    reader.blanks();
    reader.take(b"=").then_some(Operator::Equals { tight: false })
}

/// A block that is named and gives a default: `variable "password" { … default = "…" }`.
fn default_in_block(reader: &mut Reader<'_>) -> Option<Operator> {
    let end = skip(reader.bytes, reader.at, reader.at + 3 * LONGEST_GAP, |b| b != b'}');
    let block = &reader.bytes[reader.at..end];
    let at = memchr::memmem::find(block, b"\n  default ")?;
    reader.at += at + b"\n  default ".len();
    reader.blanks();
    reader.take(b"=").then_some(Operator::Equals { tight: false })
}

/// A name in an attribute or an element, and the value in the next element:
/// `<setting name="X"><value>…`, `<key>X</key><string>…`.
fn element_after(reader: &mut Reader<'_>) -> Option<Operator> {
    reader.take(b"</key");
    reader.take(b">");
    reader.space();
    (reader.take(b"<value>") || reader.take(b"<string>")).then_some(Operator::Element)
}

/// Passes the type between a name and an equals sign before a string: `token string = "…"`.
fn type_before_equals(reader: &mut Reader<'_>) -> bool {
    let in_type = |b: u8| byte::is_word(b) || matches!(b, b'.' | b'*' | b'[' | b']');
    let end = skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, in_type);
    let sign = skip(reader.bytes, end, end + 16, byte::is_blank);
    let value = skip(reader.bytes, sign + 1, sign + 8, byte::is_blank);
    let there = end > reader.at
        && sign > end
        && reader.bytes.get(sign) == Some(&b'=')
        && matches!(reader.bytes.get(value), Some(b'"' | b'\'' | b'`'));
    reader.at = if there { sign + 1 } else { reader.at };
    there
}

/// Passes other arguments up to the one that is the default of an option: `"--token", type=str, default="…"`.
fn default_argument(reader: &mut Reader<'_>) {
    let end =
        skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, |b| !matches!(b, b'\n' | b')' | b'}' | b';'));
    let gap = &reader.bytes[reader.at..end];
    if let Some(at) =
        memchr::memmem::find(gap, b"default=").or_else(|| memchr::memmem::find(gap, b"default: "))
    {
        if at == 0 || !byte::is_word(gap[at - 1]) {
            reader.at += at + b"default=".len();
            reader.blanks();
        }
    }
}

/// Passes the name and operator of a field called `value`.
fn next_field(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    let is_quote = |b: u8| matches!(b, b'"' | b'\'' | b'\\');
    reader.at = skip(reader.bytes, reader.at, reader.at + 3, |b| is_quote(b) || b == b'@');
    if !(reader.take(b"value") || reader.take(b"Value") || reader.take(b"VALUE")) {
        reader.at = start;
        return false;
    }
    reader.at = skip(reader.bytes, reader.at, reader.at + 2, is_quote);
    reader.blanks();
    if matches!(reader.peek(), Some(b':' | b'=')) {
        reader.at = skip(reader.bytes, reader.at, reader.at + 2, |b| matches!(b, b':' | b'=' | b'>'));
        return true;
    }
    reader.at = start;
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads at `password` and shows what was read.
    fn shown(text: &str) -> String {
        let bytes = text.as_bytes();
        let hit = text.to_lowercase().find("password").expect("the text holds it");
        read(bytes, hit).map_or_else(
            || "nothing".to_owned(),
            |a| {
                let of = |span: Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
                let operator = format!("{:?}", a.operator);
                let operator = operator.split_whitespace().next().expect("a name is printed").to_owned();
                format!("{} {} {}", of(a.name), operator, of(a.value))
            },
        )
    }

    #[test]
    fn every_syntax_gives_name_and_value() {
        for (text, expected) in [
            ("DB_PASSWORD=abc123", "DB_PASSWORD Equals abc123"),
            ("db.password = abc123 # x", "db.password Equals abc123"),
            ("password: abc123\n", "password Colon abc123"),
            (r#""password": "abc 123","#, "password Colon abc 123"),
            (r#"{\"password\":\"abc\",\"x\":1}"#, "password Colon abc"),
            ("let password: &str = \"abc\";", "password Equals abc"),
            ("password := `abc`", "password Equals abc"),
            (":password => 'abc'", "password Arrow abc"),
            ("password <- 'abc'", "password Arrow abc"),
            ("if (password == \"abc\")", "password Comparison abc"),
            ("<password>abc</password>", "password Element abc"),
            ("<user password='abc'/>", "password Equals abc"),
            ("config[\"password\"] = 'abc'", "password Equals abc"),
            ("conn.setPassword(\"abc\")", "conn.setPassword Call abc"),
            ("define('DB_PASSWORD', 'abc');", "DB_PASSWORD Argument abc"),
            ("getenv(\"DB_PASSWORD\", \"abc\")", "DB_PASSWORD Argument abc"),
            ("mysql --password abc -h x", "password Flag abc"),
            ("mysql --password=abc -h x", "password Equals abc"),
            ("PASSWORD 'abc'", "PASSWORD Keyword abc"),
            ("- name: DB_PASSWORD\n  value: abc", "DB_PASSWORD NextField abc"),
            (r#"{"name": "DB_PASSWORD", "value": "abc"}"#, "DB_PASSWORD NextField abc"),
            (r#"<add key="DB_PASSWORD" value="abc" />"#, "DB_PASSWORD NextField abc"),
            ("password = Some(\"abc\")", "password Equals abc"),
            ("password: aws.String(\"abc\"),", "password Colon abc"),
            ("char password[] = \"abc\";", "password Equals abc"),
            ("password=\n    \"abc\"", "password Equals abc"),
            ("f(user, password=b'abc')", "password Equals abc"),
            ("https://h/?password=abc&x=y", "password Equals abc"),
            ("password = env(\"X\", 'abc')", "password Equals abc"),
            ("env.DB_PASSWORD || 'abc'", "env.DB_PASSWORD Default abc"),
            ("os.getenv('DB_PASSWORD') or 'abc'", "DB_PASSWORD Default abc"),
            ("mapOf(\"password\" to \"abc\")", "password Argument abc"),
            ("ENV PASSWORD abc", "PASSWORD Equals abc"),
            ("var password string = \"abc\"", "password Equals abc"),
            ("string Password { get; set; } = \"abc\";", "Password Equals abc"),
            ("add_argument(\"--password\", type=str, default=\"abc\")", "password Argument abc"),
            ("[\"--password\", \"abc\"]", "password Argument abc"),
            ("x[\"Db:Password\"] = \"abc\"", "Password Equals abc"),
            ("#define PASSWORD @\"abc\"", "PASSWORD Keyword abc"),
            ("check_password(\"john\", \"abc\", 1)", "nothing"),
            ("$password->set('abc')", "nothing"),
            ("PASSWORD=('joe', 'abc')", "PASSWORD Pair abc"),
            ("Password(\"joe\", \"abc\")", "Password Pair abc"),
            ("env::var(\"PASSWORD\").unwrap_or(\"abc\")", "PASSWORD Default abc"),
            ("variable \"password\" {\n  type = string\n  default = \"abc\"\n}", "password Equals abc"),
            ("<setting name=\"Password\"><value>abc</value>", "Password Element abc"),
            ("<key>Password</key>\n<string>abc</string>", "Password Element abc"),
            ("the password is \"abc\"", "password Keyword abc"),
            ("db.password   abcdefghi\n", "db.password Equals abcdefghi"),
            ("password: >-\n  abc\n", "password Colon abc"),
            ("password = r#\"abc\"#", "password Equals abc"),
            ("{ name: PASSWORD, value: \"abc\" }", "PASSWORD NextField abc"),
            ("$password = ConvertTo-SecureString 'abc' -Force", "password Equals abc"),
            ("<add value=\"abc\" key=\"Password\" />", "Password NextField abc"),
            ("- value: abc\n  name: PASSWORD\n", "PASSWORD NextField abc"),
            ("strcmp(password, \"abc\")", "password Argument abc"),
            ("X=${PASSWORD:-abc}", "PASSWORD Equals abc"),
            ("password = '''abc'''", "password Equals abc"),
            ("the password is good", "nothing"),
            ("password(user)", "nothing"),
            ("password::new()", "nothing"),
            ("password = \"not closed\n\"", "nothing"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_within_bounds(text in r#"[ -~\n\tß€]{0,60}password[ =:"'\\(),<>\[\]a-zß€\n-]{0,40}[ -~\nß€]{0,60}"#) {
            let hit = text.find("password").expect("the text holds it");
            if let Some(assignment) = read(text.as_bytes(), hit) {
                prop_assert!(text.get(assignment.value.start..assignment.value.end).is_some());
                prop_assert!(text.get(assignment.name.start..assignment.name.end).is_some());
                prop_assert!(assignment.depends_on.contains(assignment.name.union(assignment.value)));
            }
        }

        #[test]
        fn bytes_that_are_no_text_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 1..300), hit in any::<prop::sample::Index>()) {
            let _ = read(&bytes, hit.index(bytes.len()));
        }
    }
}
