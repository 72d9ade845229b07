//! Reads how a value is given a name, in whatever syntax: `KEY=value`, `key: value`, JSON, YAML, TOML,
//! XML attributes and elements, function arguments, setters and defaults, headers, flags, dictionary
//! access, comparisons with a literal, name and value in neighbouring fields.
//!
//! It reads forward from a name and says what stands there; whether name and value mean a secret is
//! judged elsewhere. It looks at a bounded number of bytes on either side of the name.

use super::bare::Place;
use super::byte::{self, skip, skip_back};
use super::column;
use super::literal::{self, Literal, MOST_ESCAPES};
pub use super::operator::Operator;
use super::operator::{is_braced, is_encoded_equals, joins_field, name_field, operator};
use super::parameter;
use crate::span::Span;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 96;
/// The longest scope before a name inside quotes.
pub const LONGEST_SCOPE: usize = 24;
/// The longest stretch between a name and its value.
pub const LONGEST_GAP: usize = 64;
/// The longest value.
pub const LONGEST_VALUE: usize = 512;

/// Whether what a method of a symbol's name answers with follows: `receive(:token) { '…' }`.
pub fn answers(rest: &[u8]) -> bool {
    matches!(rest, [b')', b' ', b'{', b' ', b'"' | b'\'', ..])
}

/// A quote of a text that stands in an attribute of HTML: `data-x="{&quot;name&quot;:&quot;value&quot;}"`.
pub const QUOTE_IN_MARKUP: &[u8] = b"&quot;";

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
    /// How far strings were read, whatever became of them, or their ends looked for in vain.
    pub seen: usize,
}

impl<'a> Reader<'a> {
    /// Reads on from `at`.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, seen: at }
    }

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

    /// Passes the first of these texts that stands here.
    pub fn take_any(&mut self, texts: &[&[u8]]) -> bool {
        texts.iter().any(|text| self.take(text))
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
    let mut reader = Reader::new(bytes, name.end);
    let quoted = close_name(&mut reader, name);
    if (matches!(reader.peek(), Some(b',' | b';' | b')' | b'\t' | b'\n' | b'\r'))
        || column::ends_cell(&bytes[reader.at..]))
        && let Some(inserted) = column::read(bytes, name, reader.at)
    {
        return Some(inserted);
    }
    // What a condition of Python closes with is no sign behind the name.
    if !quoted && reader.peek() == Some(b':') && compared(bytes, name.start).is_some() {
        return before(bytes, name);
    }
    let Some(operator) = operator(&mut reader, name, quoted) else { return before(bytes, name) };
    let operator = literal::pair(&mut reader, name, operator).unwrap_or(operator);
    let (name, operator) = literal::list(&mut reader, name, operator).unwrap_or((name, operator));
    if operator == Operator::Colon {
        parameter::open(&mut reader, name);
    }
    literal::parallel(&mut reader, name, operator);
    let place = Place::of(bytes, name, operator);
    let Literal { mut value, quoting, wrapper } = literal::value(&mut reader, operator, place)?;
    // What could have stood between the two was looked for, too, a type, a call, a second field; and behind the value
    // what may belong to it.
    let end = value.end.max(name.end.max(value.start) + 5 * LONGEST_GAP).max(reader.seen);
    let looked_at = Span::new(name.start, end);
    let depends_on = looked_at.widen(LONGEST_SCOPE + 8, LONGEST_GAP, bytes.len());
    if bytes[name.end] == b'%' {
        // In a URL that is a part of another one, so are the signs that end a value.
        let ends = [b"%26".as_slice(), b"%23"].map(|end| memchr::memmem::find(value.of(bytes), end));
        value.end = value.start + ends.into_iter().flatten().min().unwrap_or(value.len());
    }
    value = without_marks(bytes, value);
    Some(Assignment { name, operator, value, quoting, wrapper, depends_on })
}

/// A value without what says that it is stored as it is, `{noop}x` as Spring has it, or what makes it bold: `**x**`.
fn without_marks(bytes: &[u8], value: Span) -> Span {
    match value.of(bytes) {
        text if text.starts_with(b"{noop}") => Span::new(value.start + b"{noop}".len(), value.end),
        [b'*', b'*', first, .., b'*', b'*'] if *first != b'*' => Span::new(value.start + 2, value.end - 2),
        _ => value,
    }
}

/// The assignment whose value stands before its name; asked where nothing follows the name.
fn before(bytes: &[u8], name: Span) -> Option<Assignment> {
    let in_quotes = Quoting::Quoted { interpolated: false, joined: false };
    let in_field = || value_before(bytes, name).map(|(value, quoting)| (value, quoting, Operator::NextField));
    let is_kept = || kept(bytes, name.start).map(|value| (value, in_quotes, Operator::NextField));
    let (value, quoting, operator) = compared(bytes, name.start)
        .map(|value| (value, in_quotes, Operator::Comparison))
        .or_else(is_kept)
        .or_else(|| set_where(bytes, name.start).map(|value| (value, in_quotes, Operator::NextField)))
        .or_else(in_field)?;
    let looked_at = Span::new(value.start, name.end + 5 * LONGEST_GAP);
    let depends_on = looked_at.widen(LONGEST_SCOPE + 8, 24, bytes.len());
    Some(Assignment { name, operator, value, quoting, wrapper: Span::default(), depends_on })
}

/// The name around a byte: word bytes, and dots and dashes between them.
fn name_around(bytes: &[u8], hit: usize) -> Option<Span> {
    let end = skip(bytes, hit, hit + LONGEST_NAME, byte::is_name);
    // Nothing that joins a value begins with these; most names end here.
    match bytes.get(end) {
        Some(b'&') if bytes[end..].starts_with(QUOTE_IN_MARKUP) => {}
        // A member that is named in braces may be given a value, and a symbol's method may answer with one.
        Some(b'}') if matches!(bytes.get(end + 1), Some(b' ' | b'=')) => {}
        Some(b'{') if is_braced(&bytes[end..]) => {}
        Some(b')') if answers(&bytes[end..]) || column::closes_list(&bytes[end..]) => {}
        Some(b')')
            if compared(bytes, skip_back(bytes, hit, hit.saturating_sub(LONGEST_NAME), byte::is_name))
                .is_some() => {}
        None | Some(b')' | b';' | b'/' | b'}' | b'#' | b'&' | b'@' | b'^' | b'~' | b'{') => return None,
        Some(b'%') if !is_encoded_equals(&bytes[end..]) => return None,
        Some(_) => {}
    }
    let limit = hit.saturating_sub(LONGEST_NAME);
    let start = skip_back(bytes, hit, limit, byte::is_name);
    // What is left of `%3F` or `%26` before a name is no part of it.
    let is_encoded = bytes[end] == b'%' && end > start + 2 && start > 0 && bytes[start - 1] == b'%';
    let start = if is_encoded { start + 2 } else { start };
    // A dot or dash at an end belongs to what is around: a flag's dashes, a sentence's dot, `->`.
    let start = skip(bytes, start, end, |b| !byte::is_word(b));
    let end = skip_back(bytes, end, start, |b| !byte::is_word(b));
    if bytes[end] == b'}' && !is_member(bytes, start) {
        return None;
    }
    (start <= hit && hit < end && (start > limit || start == 0)).then_some(Span::new(start, end))
}

/// Whether a name at `start` is that of a member in braces, as Perl writes it: `$h{name}`, `$h->{name}`.
fn is_member(bytes: &[u8], start: usize) -> bool {
    matches!(bytes[..start], [.., before, b'{'] if byte::is_word(before) || matches!(before, b'>' | b'}'))
}

/// Whether a text ends in the beginning of a string that tells a test's method in which field to type.
fn is_of_field(text: &[u8]) -> bool {
    const FINDS: [&[u8]; 2] = [b"get", b"locator"];
    let callee = text.strip_suffix(b"\"").or_else(|| text.strip_suffix(b"'"));
    let callee = callee.and_then(|text| text.strip_suffix(b"(")).unwrap_or_default();
    TYPES.iter().chain(&FINDS).any(|method| callee.ends_with(method))
}

/// The methods by which tests type in a field.
pub const TYPES: [&[u8]; 8] =
    [b"fill", b"type", b"Type", b"send_keys", b"sendKeys", b"typeText", b"setValue", b"fillField"];

/// Passes what closes a name: quotes, a subscript's bracket, marks of optional fields. Answers whether
/// the name was a string.
fn close_name(reader: &mut Reader<'_>, name: Span) -> bool {
    // A flag's dashes, a section or a scope may stand between the quote and the name: `"--token"`, `"Jwt:Secret"`.
    let scope = |b: u8| byte::is_name(b) || matches!(b, b':' | b'@' | b'/');
    let head = match reader.bytes[..name.start].strip_suffix(b"#") {
        // A field by its id, which a test types in: `fill("#password", …`, `get("#password").type(…`.
        Some(field) if is_of_field(field) => field.len(),
        _ => skip_back(reader.bytes, name.start, name.start.saturating_sub(LONGEST_SCOPE), scope),
    };
    let before = head.checked_sub(1).map(|index| reader.bytes[index]);
    let mut quoted = false;
    if matches!(reader.peek(), Some(b'?' | b'!')) && reader.peek_at(1) == Some(b':') {
        reader.at += 1;
    }
    let escapes = skip(reader.bytes, reader.at, reader.at + MOST_ESCAPES, |b| b == b'\\') - reader.at;
    if let Some(quote @ (b'"' | b'\'' | b'`')) = reader.peek_at(escapes) {
        if before == Some(quote) {
            quoted = true;
            reader.at += escapes + 1;
        }
    } else if reader.take(QUOTE_IN_MARKUP) {
        quoted = true;
    } else if reader.peek() == Some(b'*') {
        // What makes it bold: `**Password**: …`, `**API key**: …`.
        let end = skip(reader.bytes, reader.at, reader.at + 2, |b| b == b'*');
        if before == Some(b'*') || reader.bytes.get(end) == Some(&b':') {
            reader.at = end;
        }
    }
    // What closes an object ends its last value, and no name.
    let closes = match reader.peek() {
        Some(b']') => true,
        Some(b'}') => matches!(reader.peek_at(1), Some(b' ' | b'=')),
        _ => false,
    };
    if closes {
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

/// The string that a name at `start` is compared with, if it stands before it: `"…".equals(X)`, `'…' == X`.
fn compared(bytes: &[u8], start: usize) -> Option<Span> {
    const SIGNS: [&[u8]; 3] = [b".equals(", b" == ", b" === "];
    let before = &bytes[..start];
    let end = SIGNS.iter().find(|sign| before.ends_with(sign)).map(|sign| start - sign.len())?;
    string_before(bytes, end)
}

/// The string that is kept by a name at `start`, as Swift and Objective-C say it: `set("…", forKey: "X")`.
fn kept(bytes: &[u8], start: usize) -> Option<Span> {
    const LABELS: [&[u8]; 2] = [b"forKey:", b"forHTTPHeaderField:"];
    bytes[..start].ends_with(b"\"").then_some(())?;
    let quote = skip_back(bytes, start, start.saturating_sub(3), |b| matches!(b, b'"' | b'@' | b' '));
    let label = LABELS.iter().find(|label| bytes[..quote].ends_with(label))?;
    let end = quote - label.len();
    string_before(bytes, skip_back(bytes, end, end.saturating_sub(2), |b| matches!(b, b' ' | b',')))
}

/// The string that a statement gives to what the string at `start` names: `SET value = 'x' WHERE name = 'X'`.
fn set_where(bytes: &[u8], start: usize) -> Option<Span> {
    let back = |from: usize, keep: &dyn Fn(u8) -> bool| {
        skip_back(bytes, from, from.saturating_sub(LONGEST_SCOPE), keep)
    };
    let quote = start.checked_sub(1).filter(|&quote| bytes[quote] == b'\'')?;
    let sign = back(quote, &|b| matches!(b, b' ' | b'='));
    let column = back(sign, &|b| byte::is_word(b) || matches!(b, b'`' | b'"' | b'.'));
    let is_condition = bytes[sign..quote].contains(&b'=') && column < sign;
    let words = [b" WHERE ".as_slice(), b" where "];
    let word = words.iter().find(|word| is_condition && bytes[..column].ends_with(word))?;
    string_before(bytes, column - word.len())
}

/// The string whose closing quote ends at `end`.
fn string_before(bytes: &[u8], end: usize) -> Option<Span> {
    let (close, quote) = (end.checked_sub(1)?, *bytes[..end].last()?);
    let open = skip_back(bytes, close, close.saturating_sub(LONGEST_VALUE), |b| b != quote && b != b'\n');
    let is_string = matches!(quote, b'"' | b'\'') && open < close && open > 0 && bytes[open - 1] == quote;
    is_string.then(|| Span::new(open, close))
}

/// The value of a field before the one that holds the name: `value="…" key="X"`.
fn value_before(bytes: &[u8], name: Span) -> Option<(Span, Quoting)> {
    let back = |from: usize, most: usize, keep: &dyn Fn(u8) -> bool| {
        skip_back(bytes, from, from.saturating_sub(most), keep)
    };
    let field = name_field(bytes, name)?;
    // As templates of CloudFormation call both.
    let field = field - if bytes[..field].ends_with(b"Parameter") { b"Parameter".len() } else { 0 };
    let end = back(field, LONGEST_GAP, &|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b','));
    let quote = bytes.get(end).copied().filter(|b| matches!(b, b'"' | b'\''));
    let start = back(end, LONGEST_VALUE, &|b| Some(b) != quote && b > b' ');
    let before = back(start, 4, &joins_field);
    let is_value =
        before < start && (bytes[..before].ends_with(b"value") || bytes[..before].ends_with(b"Value"));
    let quoting = quote.map_or(Quoting::Bare, |_| Quoting::Quoted { interpolated: false, joined: false });
    (is_value && start < end).then_some((Span::new(start, end), quoting))
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
            ("x=\"{&quot;password&quot;:&quot;a;b&quot;,&quot;x&quot;:1}\"", "password Colon a;b"),
            ("x=\"{&quot;password&quot;: null, &quot;x&quot;:1}\"", "password Colon null"),
            ("password&amp;x", "nothing"),
            (r"db.password=\u0041b\u00e9c", r"db.password Equals \u0041b\u00e9c"),
            (r"db.password=abc\u0026x=1", "db.password Equals abc"),
            ("let password: &str = \"abc\";", "password Equals abc"),
            ("password := `abc`", "password Equals abc"),
            (":password => 'abc'", "password Arrow abc"),
            ("password <- 'abc'", "password Arrow abc"),
            ("if (password == \"abc\")", "password Comparison abc"),
            ("<password>abc</password>", "password Element abc"),
            ("<wsse:Password Type=\"urn:x#PasswordText\">abc</wsse:Password>", "Password Element abc"),
            ("?to=https%3A%2F%2Fx.dev%2F%3Fid%3D1%26password%3Dabc%26page%3D2", "password Equals abc"),
            ("<user password='abc'/>", "password Equals abc"),
            ("config[\"password\"] = 'abc'", "password Equals abc"),
            ("conn.setPassword(\"abc\")", "conn.setPassword Call abc"),
            ("define('DB_PASSWORD', 'abc');", "DB_PASSWORD Argument abc"),
            ("set :db_password, 'abc'", "db_password Argument abc"),
            ("page.fill('#password', 'abc')", "password Argument abc"),
            ("page.show('#password', 'abc')", "nothing"),
            ("getByLabel('Password').fill('abc')", "Password Argument abc"),
            ("get('#password').type('abc')", "password Argument abc"),
            ("get('#password').should('abc')", "nothing"),
            ("fill_in 'Password', with: 'abc'", "Password Argument abc"),
            ("<input type=\"password\" id=\"pw\" value=\"abc\">", "password NextField abc"),
            ("[\"password\"]=>\n  string(3) \"abc\"", "password Arrow abc"),
            ("set(user:password, 'abc')", "nothing"),
            ("password, err := hex.DecodeString(\"abc\")", "password Equals abc"),
            ("password, user = f(\"abc\")", "nothing"),
            ("user, password = 'joe', 'abc'\n", "password Equals abc"),
            ("f(user, password = 'joe', 'abc')", "password Equals joe"),
            ("user, password := \"joe\", f()\n", "password Equals joe"),
            ("std::string password{\"abc\"};", "password Equals abc"),
            ("f(password{\"abc\"})", "nothing"),
            ("val password by lazy { \"abc\" }", "password Equals abc"),
            ("val password: String by lazy {\n  \"abc\"\n}", "password Equals abc"),
            ("var password: String { return \"abc\" }", "password Equals abc"),
            ("Password string `envconfig:\"PW\" default:\"abc\"`", "Password Equals abc"),
            ("DECLARE @password VARCHAR(20) = 'abc';", "password Equals abc"),
            ("01 WS-PASSWORD PIC X(20) VALUE 'abc'.", "WS-PASSWORD Equals abc"),
            ("password = Field(default='abc', title='x')", "password Equals abc"),
            ("-define(PASSWORD, \"abc\").", "PASSWORD Argument abc"),
            ("{password, <<\"abc\">>},", "password Argument abc"),
            ("{:password, \"abc\"}", "password Argument abc"),
            ("{password, \"abc\", x}", "nothing"),
            ("userPassword:: YWJjZA==\n", "userPassword Colon YWJjZA=="),
            ("<meta-data android:name=\"x.PASSWORD\" android:value=\"abc\" />", "x.PASSWORD NextField abc"),
            (
                "<env-entry-name>password</env-entry-name>\n<env-entry-value>abc</env-entry-value>",
                "password Element abc",
            ),
            ("<Key>Password</Key><Value Protected=\"True\">abc</Value>", "Password Element abc"),
            ("[x setObject:@\"abc\" forKey:@\"password\"];", "password NextField abc"),
            ("x.set(\"abc\", forKey: \"password\")", "password NextField abc"),
            ("{\"ParameterValue\":\"abc\",\"ParameterKey\":\"DbPassword\"}", "DbPassword NextField abc"),
            ("if 'abc' == password: pass", "password Comparison abc"),
            ("- *User password*: `abc`", "password Colon abc"),
            ("the password has been reset to kX7mQ2vLp9wR", "password Keyword kX7mQ2vLp9wR"),
            ("the password has been reset to yours", "nothing"),
            ("password:\n  value: abc\n", "password Colon abc"),
            ("\"&password=12|abc&x\"", "password Equals 12|abc"),
            ("password=abc | tee log", "password Equals abc"),
            ("password=abc,def\n", "password Equals abc"),
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
            (r#"Password(\"joe", "abc")"#, "Password Pair abc"),
            (r#"Password(\""#, "nothing"),
            ("env::var(\"PASSWORD\").unwrap_or(\"abc\")", "PASSWORD Default abc"),
            ("variable \"password\" {\n  type = string\n  default = \"abc\"\n}", "password Equals abc"),
            ("<setting name=\"Password\"><value>abc</value>", "Password Element abc"),
            ("<key>Password</key>\n<string>abc</string>", "Password Element abc"),
            ("the password is \"abc\"", "password Keyword abc"),
            ("db.password   abcdefghi\n", "db.password Equals abcdefghi"),
            ("DB_PASSWORD   abcdefgh1\n", "DB_PASSWORD Equals abcdefgh1"),
            ("DB_PASSWORD   abcdefghi\n", "nothing"),
            ("DB_PASSWORD abcdefgh1\n", "nothing"),
            ("\"password\": {\n  \"value\": \"abc\"\n}", "password Colon abc"),
            ("cookies[:password] = { value: 'abc', path: '/' }", "password Equals abc"),
            ("::set-output name=password::abc", "password Equals abc"),
            ("DB_PASSWORD\tabcdefgh1\n", "DB_PASSWORD Equals abcdefgh1"),
            ("aws configure set db_password abc", "db_password Equals abc"),
            ("setx DB_PASSWORD abc", "DB_PASSWORD Equals abc"),
            (r#"{"ParameterKey": "DbPassword", "ParameterValue": "abc"}"#, "DbPassword NextField abc"),
            ("{\"name\": \"password\",\n \"note\": \"x\",\n \"value\": \"abc\"}", "password NextField abc"),
            (r#"{"label": "Password", "type": "text", "value": "abc"}"#, "Password Argument type"),
            ("password: >-\n  abc\n", "password Colon abc"),
            ("password: &db abc\n", "password Colon abc"),
            ("password: !!str abc\n", "password Colon abc"),
            ("- **Password:** abc", "Password Colon abc"),
            ("**Password**: `abc`", "Password Colon abc"),
            ("(setf *password* \"abc\")", "password Keyword abc"),
            ("password: \"\"\"\n    abc\n\"\"\"", "password Colon abc"),
            ("password = <<EOT\nabc\nEOT\n", "password Equals abc"),
            ("my $password = q{abc};", "password Equals abc"),
            ("$h->{password} = 'abc';", "password Equals abc"),
            ("${password} = 'abc'", "nothing"),
            ("$h{'password'} = 'abc'", "password Equals abc"),
            (r#"{"x": "password"},"abc": 1"#, "nothing"),
            ("sql = `password=abc&user=x`", "password Equals abc"),
            ("password=foo&bar", "password Equals foo&bar"),
            ("receive(:password) { 'abc' }", "password Argument abc"),
            ("receive(:password) { user.name }", "nothing"),
            ("check(password) { 'abc' }", "nothing"),
            ("Const dbPassword As String = \"abc\"", "dbPassword Equals abc"),
            ("Password : constant String := \"abc\";", "Password Equals abc"),
            ("{ password:: 'abc' }", "password Colon abc"),
            ("password :: String", "nothing"),
            ("setenv PASSWORD abc", "PASSWORD Equals abc"),
            ("set -gx PASSWORD abc", "PASSWORD Equals abc"),
            ("{{ password | default('abc') }}", "password Default abc"),
            ("{{ .Values.password | default \"abc\" }}", "Values.password Default abc"),
            ("@Value(\"${db.password:abc}\")", "db.password Equals abc"),
            ("<password><![CDATA[abc]]></password>", "password Element abc"),
            ("<password>\n  abc\n</password>", "password Element abc"),
            ("<password>\n  <value>abc</value>", "nothing"),
            ("<entry key=\"password\">abc</entry>", "password Label abc"),
            ("<string name=\"password\" translatable=\"false\">abc</string>", "password Label abc"),
            ("<input name=\"password\" type=\"text\" value=\"abc\">", "password NextField abc"),
            ("<input name=\"password\" type=\"text\"/>abc</a>", "nothing"),
            ("<p class=\"password\">abc</p>", "nothing"),
            ("<name>db.password</name>\n  <value>abc</value>", "db.password Element abc"),
            ("<param-name>password</param-name><param-value>abc</param-value>", "password Element abc"),
            ("<td>Password</td>\n<td>abc</td>", "Password Label abc"),
            ("<b>Password</b><td>abc</td>", "nothing"),
            ("| Password | `abc` |", "Password Cell abc"),
            ("| DB password | abc |", "password Cell abc"),
            ("| Password | the word that opens it |", "nothing"),
            ("| User | Password |\n|---|---|\n| joe | abc |\n", "Password Cell abc"),
            ("User | Password\n--- | ---\njoe | `abc`\n", "Password Cell abc"),
            ("| DB password   | of |\n|:--|--:|\n| the first | x |\n| abc | y |\n", "password Cell abc"),
            ("a password | b\nc | d\n", "nothing"),
            (
                "<tr><th>User</th><th class=\"x\">Password</th></tr>\n<tr><td>joe</td><td><code>abc</code></td></tr>",
                "Password Cell abc",
            ),
            ("<tr><th>Password</th></tr>\n<tr><td>one of many</td></tr>", "nothing"),
            (
                "<tr><th>Password</th><td>abc</td></tr>\n<tr><th>Role</th><td>x</td></tr>",
                "Password Label abc",
            ),
            ("  DbPassword:\n    NoEcho: true\n    Default: abc\n", "DbPassword Colon abc"),
            ("password:\r\n  type: string\r\n\r\n  default: \"abc\"\r\n", "password Colon abc"),
            ("password:\n  type: x\n    default: abc\n", "nothing"),
            ("password:\n  type: x\ndefault: abc\n", "nothing"),
            ("\"password\": {\n  \"Type\": \"String\",\n  \"Default\": \"abc\"\n}", "password Colon abc"),
            ("\"password\": { \"x\": { \"default\": \"abc\" } }", "password Colon {"),
            ("x | PASSWORD | abc |", "nothing"),
            ("password = r#\"abc\"#", "password Equals abc"),
            ("{ name: PASSWORD, value: \"abc\" }", "PASSWORD NextField abc"),
            ("password_auth 'joe', 'abc'\n", "password_auth Pair abc"),
            ("password_auth 'joe', abc\n", "password_auth Keyword joe"),
            ("new PasswordAuthentication(\"joe\", \"abc\".toCharArray())", "PasswordAuthentication Pair abc"),
            ("password: 'a'''", "password Colon a''"),
            ("password = ''abc''", "password Equals abc"),
            ("password: \"a\"\"b\"", "password Colon a\"\"b"),
            ("password: abcd 2fgh ijkl mnop qrst\n", "password Colon abcd 2fgh ijkl mnop qrst"),
            ("password: abcd and so on here\n", "password Colon abcd"),
            ("$password = ConvertTo-SecureString 'abc' -Force", "password Equals abc"),
            ("<add value=\"abc\" key=\"Password\" />", "Password NextField abc"),
            ("- value: abc\n  name: PASSWORD\n", "PASSWORD NextField abc"),
            ("strcmp(password, \"abc\")", "password Argument abc"),
            ("X=${PASSWORD:-abc}", "PASSWORD Equals abc"),
            ("X=${PASSWORD:?is not set}", "nothing"),
            ("password = '''abc'''", "password Equals abc"),
            ("the password is good", "nothing"),
            ("password(user)", "nothing"),
            ("password::new()", "nothing"),
            ("password = \"not closed\n\"", "nothing"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn signs_belong_to_a_drawn_value_that_goes_on_to_its_end() {
        for (text, expected) in [
            ("password=«,»)t4\n", "password Equals «,»)t4"),
            ("x: \"password=«;»\"", "password Equals «;»"),
            ("  password: «)»),\n", "password Colon «)»"),
            ("f(password=«,»)\n", "password Equals «"),
            ("password=«»p4,»\n", "password Equals «»p4"),
            ("password=«;user=»\n", "password Equals «"),
            ("  - password=«,»)t4\n", "password Equals «,»)t4"),
            ("\u{feff}password=«;»", "password Equals «;»"),
            ("password = «;»  # of the test\n", "password Equals «;»"),
            ("password=«\\»\n", "password Equals «\\»"),
            ("x = \"password=«\\\"»\"", "password Equals «"),
            ("password=«\0host=»\n", "password Equals «"),
        ] {
            let drawn = |text: &str| text.replace('«', &["k7Rf", "Q2xW"].concat()).replace('»', "9LmZt4Vb");
            assert_eq!(shown(&drawn(text)), drawn(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_within_bounds(text in r#"[ -~\n\tß€]{0,60}password[ =:"'\\(),<>\[\]{}|&a-zß€\n-]{0,40}[ -~\nß€]{0,60}"#) {
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
