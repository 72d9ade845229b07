//! A rule as it is written in TOML. `rules/build.rs` reads this very file to check and embed the
//! built-in rules; `--rules` files are read into the same types at run time.
//!
//! Only data stands here: nothing compiles a pattern or looks at bytes. It uses nothing else of the
//! crate, since the build script shares it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Text that is static for built-in rules and owned for those read at run time.
pub type Text = Cow<'static, str>;
/// A list that is static for built-in rules and owned for those read at run time.
pub type List<T> = Cow<'static, [T]>;

/// How many characters of a secret a mask may leave readable, at most.
pub const READABLE: usize = 4;

/// A rule: what a kind of secret looks like, what it means, and what to do about it.
#[derive(Clone, Debug)]
pub struct RuleSpec {
    /// `provider-kind` in kebab case; never reused.
    pub id: Text,
    /// One or two sentences: what it is and what an attacker can do with it.
    pub description: Text,
    /// What kind of credential it is.
    pub category: Category,
    /// How bad a live one is.
    pub severity: Severity,
    /// How sure a match is before checksums and context raise or lower it.
    pub confidence: Confidence,
    /// How it is found.
    pub detection: Detection,
    /// The least Shannon entropy of the secret, in bits per character; 0 asks for none.
    pub entropy: f32,
    /// The offline proof that its tokens carry.
    pub checksum: Option<Checksum>,
    /// Globs of paths in which the rule holds; empty: everywhere.
    pub path: List<Text>,
    /// Values that are known to be harmless.
    pub allowlist: List<Text>,
    /// Rules whose finding nearby raises this one's confidence (key id and secret).
    pub pairs_with: List<Text>,
    /// Reported only beside a finding of a rule in `pairs_with` (an account id).
    pub partner_only: bool,
    /// Where one revokes it: a URL or a path of menu entries; empty when not known.
    pub revoke: Text,
    /// The provider's pages about it.
    pub references: List<Text>,
    /// Ids that this rule had before, honoured in suppressions.
    pub aliases: List<Text>,
}

impl RuleSpec {
    /// Whether a person may have chosen the secret.
    pub const fn is_chosen(&self) -> bool {
        matches!(self.category, Category::Password | Category::ConnectionString)
    }

    /// Whether masks show nothing of its secrets: a person may have chosen them, or they do not begin with letters
    /// that all of their kind have.
    pub fn is_hidden(&self) -> bool {
        let is_public = |anchor: &Anchor| anchor.before == 0 && anchor.literal.len() >= READABLE;
        self.is_chosen()
            || match &self.detection {
                Detection::Token { anchors, pattern } => {
                    pattern.contains("<secret>") || !anchors.iter().all(is_public)
                }
                Detection::Context { .. } | Detection::Regex(_) | Detection::Beside(_) => true,
            }
    }

    /// Whether it is called that: by its id, or by one that it had before.
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// What the rule asks for when it is one of free form.
    pub fn freeform(&self) -> Option<&Freeform> {
        match &self.detection {
            Detection::Regex(freeform) => Some(freeform),
            Detection::Token { .. } | Detection::Context { .. } | Detection::Beside(_) => None,
        }
    }
}

/// How a kind of secret is found.
#[derive(Clone, Debug)]
pub enum Detection {
    /// The token carries a literal of its own.
    Token {
        /// Literals of which at least one is in every token, and where they stand in it.
        anchors: List<Anchor>,
        /// The whole token as a regular expression, without what stands around it; a group named
        /// `secret` marks the part that is secret when that is not all of it.
        pattern: Text,
    },
    /// The value looks like any other; the words around it tell.
    Context {
        /// Words of which one stands in the value's name, or close before it.
        keywords: List<Text>,
        /// The whole value as a regular expression; empty: any value that is plausible as a secret.
        value: Text,
        /// What can be asked of the value without the expression.
        form: Form,
    },
    /// Any regular expression, searched for in the whole text: what other tools are configured with.
    Regex(Freeform),
    /// No search: what other rules find is this, too, where it stands so.
    Beside(Circumstance),
}

impl Detection {
    /// Where a secret stands that the rule is about, if it is one about that.
    pub const fn circumstance(&self) -> Option<Circumstance> {
        match self {
            Self::Beside(circumstance) => Some(*circumstance),
            Self::Token { .. } | Self::Context { .. } | Self::Regex(_) => None,
        }
    }
}

/// A rule as other scanners have them: nothing is known of where its matches stand or how far they reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeform {
    /// Words of which one stands somewhere in the text, in either case; none: any text is searched.
    pub keywords: List<Text>,
    /// The expression; it may look around what it matches. Empty: all of a file, which its path alone gives away.
    pub regex: Text,
    /// The group that is the secret, from 1; 0: the first that takes part, or all of the match.
    pub group: usize,
    /// An expression that is found in the paths in which the rule holds; empty: everywhere.
    pub path: Text,
    /// What must be found nearby, all of it.
    pub requires: List<Requirement>,
    /// Never reported: only other rules require it.
    pub unreported: bool,
}

impl Freeform {
    /// Whether it names files without looking into them.
    pub fn names_files(&self) -> bool {
        self.regex.is_empty()
    }
}

/// A rule that must have found something in the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its id.
    pub rule: Text,
    /// What it matched begins at most so many lines away; anywhere in the text, if it is not said.
    pub lines: Option<u64>,
    /// And it begins in a column at most so many characters to either side, on whichever line.
    pub columns: Option<u64>,
}

/// A literal of a token and where it stands; computed from the pattern by `anchor.rs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The literal, case-sensitive.
    pub literal: Text,
    /// At most this many bytes of the token come before it.
    pub before: u16,
    /// At most this many bytes long is the whole token.
    pub longest: u16,
    /// How the prefilter finds it.
    pub gate: Gate,
    /// Surely so many token bytes stand together from its first one on.
    pub run: u16,
    /// A byte that surely stands behind it, among the next so many.
    pub needs: Option<(u8, u16)>,
}

impl Anchor {
    /// The most bytes, from the literal's first on, that the pattern looks at.
    pub fn reach(&self) -> usize {
        self.literal.len() + usize::from(self.longest)
    }
}

/// How the prefilter finds a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// These bytes of the literal (from, to) surely lie in a run of 16 or more bytes of
    /// `[A-Za-z0-9_+/=.-]`, with no letter, digit or underscore before them.
    Start(u8, u8),
    /// It lies in no such run, or somewhere inside: it is searched for by itself.
    Rare,
}

/// What a pattern says of its matches at a glance; computed by `anchor.rs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Least length in bytes.
    pub min: u16,
    /// Greatest length in bytes.
    pub max: u16,
    /// The ASCII bytes that occur, one bit each.
    pub bytes: u128,
    /// Whether the pattern asks for nothing else.
    pub exact: bool,
}

impl Form {
    /// Any value.
    pub const ANY: Self = Self { min: 1, max: u16::MAX, bytes: u128::MAX, exact: false };
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in rules, options and reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|value| value.name()).collect();
                    format!("`{text}` is none of {}", names.join(", "))
                })
            }
        }
    };
}

named! {
    /// How bad a live secret of a kind is.
    Severity {
        /// Public by design, or of use only beside another secret.
        Info = "info",
        /// Test keys, encrypted keys.
        Low = "low",
        /// Limited access.
        Medium = "medium",
        /// Reads or writes a customer's data.
        High = "high",
        /// Takes over an account, an infrastructure or a supply chain.
        Critical = "critical",
    }
}

named! {
    /// How sure it is that a finding is a secret.
    Confidence {
        /// At least every second one is right.
        Low = "low",
        /// Four of five are right.
        Medium = "medium",
        /// Nearly all are right.
        High = "high",
    }
}

named! {
    /// What kind of credential a secret is.
    Category {
        /// Chosen by a person as often as not; masks show nothing of it.
        Password = "password",
        /// A key for an interface.
        ApiKey = "api-key",
        /// A token that stands for a user or an application.
        AccessToken = "access-token",
        /// A token that is exchanged for access tokens.
        RefreshToken = "refresh-token",
        /// The secret half of an OAuth client.
        OauthClientSecret = "oauth-client-secret",
        /// A key that signs or verifies messages.
        SigningSecret = "signing-secret",
        /// The private half of a key pair.
        PrivateKey = "private-key",
        /// A key that encrypts data.
        EncryptionKey = "encryption-key",
        /// A URL or string that holds a password.
        ConnectionString = "connection-string",
        /// A URL that lets anyone post.
        WebhookUrl = "webhook-url",
        /// A cookie or token of a session.
        Session = "session",
        /// A licence key.
        LicenseKey = "license-key",
        /// A recovery phrase or key of a wallet.
        Wallet = "wallet",
        /// A certificate: public.
        Certificate = "certificate",
        /// An identifier: of use only beside its secret.
        Id = "id",
        /// No kind of credential, but a way to give any of them away.
        Exposure = "exposure",
    }
}

named! {
    /// Where a secret stands, as far as rules are about that; `finding/circumstance.rs` decides it.
    Circumstance {
        /// It is sent in clear, or to whoever answers.
        InsecureTransport = "insecure-transport",
        /// It has a name whose value is built into pages, and belongs on a server.
        ClientSide = "client-side",
    }
}

named! {
    /// Offline proofs that tokens carry; each is computed by a file of `engine/checksum`.
    Checksum {
        /// CRC-32 of what follows the last underscore, as six base62 digits at the end: GitHub, npm.
        Crc32Base62 = "crc32-base62",
        /// The same where the vendor is only believed to do so: it can prove a token, never refute one.
        Crc32Base62Believed = "crc32-base62-believed",
        /// CRC-32 of all before it as eight hexadecimal digits at the end, in either case: Atlassian.
        Crc32Hex = "crc32-hex",
        /// CRC-32 as eight hexadecimal digits of the part before it, set off by underscores: Cashfree, Zuplo.
        Crc32HexPart = "crc32-hex-part",
        /// Either of these where the vendor is only believed to do so: it can prove a token, never refute one.
        Crc32HexBelieved = "crc32-hex-believed",
        /// Grafana service accounts: CRC-32 with its bytes reversed.
        Grafana = "grafana",
        /// Confluent Cloud API secrets: CRC-32 in base64.
        Confluent = "confluent",
        /// crates.io trusted publishing: one character of XOR.
        CratesIo = "crates-io",
        /// GitLab tokens that name their cell, organisation and owner.
        GitlabRoutable = "gitlab-routable",
        /// Azure keys with a signature near the end ("highly identifiable secrets", version 1).
        AzureHis = "azure-his",
        /// Azure keys with `JQQJ99` in them ("common annotated security keys").
        AzureCask = "azure-cask",
        /// Azure DevOps tokens of 52 base32 characters.
        AzureDevopsPat = "azure-devops-pat",
        /// Microsoft Entra client secrets with `8Q~`.
        AzureEntra = "azure-entra",
        /// AWS key ids: they name the account and prove nothing.
        AwsKeyId = "aws-key-id",
        /// URLs signed for a time, bare or in base64: AWS, Google Cloud, Azure; the date is read out.
        SignedUrl = "signed-url",
        /// PyPI tokens: a macaroon that names what it is restricted to.
        Pypi = "pypi",
        /// A JSON Web Token: header and claims are base64url JSON.
        Jwt = "jwt",
        /// Base64 of a JSON object, after a prefix or without one: 1Password, Sentry, Grafana, Cloudflare.
        Base64Json = "base64-json",
        /// A Google service account, as JSON or as base64 of it.
        ServiceAccount = "service-account",
        /// Base64 of `user:password`.
        BasicAuth = "basic-auth",
        /// Base64 of a decimal id, a colon and random bytes: Atlassian Data Center.
        Base64Id = "base64-id",
        /// Discord bots: base64 of the bot's id before the first dot.
        Discord = "discord",
        /// JFrog reference tokens: base64 of a version, an expiry date and random characters.
        JfrogReference = "jfrog-reference",
        /// Amazon Bedrock's long-lived keys: base64 of user, account and secret.
        AwsBedrock = "aws-bedrock",
        /// A PEM, OpenSSH, PuTTY or PGP private key.
        PrivateKey = "private-key",
        /// An Ansible vault: encrypted.
        AnsibleVault = "ansible-vault",
        /// Base58Check: Bitcoin and Tezos keys, extended private keys.
        Base58check = "base58check",
        /// Bech32: age, Nostr, Cardano and Sui keys.
        Bech32 = "bech32",
        /// Base32 with a CRC-16 at the end: NATS and Stellar seeds.
        Base32Crc16 = "base32-crc16",
    }
}

impl Severity {
    /// One step worse.
    pub const fn raised(self) -> Self {
        match self {
            Self::Info => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }
}

impl Confidence {
    /// One step less sure.
    pub const fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }

    /// One step surer.
    pub const fn raised(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium | Self::High => Self::High,
        }
    }
}
