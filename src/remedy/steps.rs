//! The steps after a leak, in order, for each category of credential.
//!
//! One sentence a step, written to be followed under stress: what to do, then why if it surprises.

use crate::rule::Category;

/// What to do about a leak, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Make the leaked value useless.
    pub revoke: &'static str,
    /// Give its users a new one that is kept elsewhere.
    pub replace: &'static str,
    /// Find out whether it was used.
    pub investigate: &'static str,
    /// Leave a trace for the next person.
    pub document: &'static str,
}

const REPLACE: &str = "Issue a new one with the least rights it needs, and read it from the environment or \
                       a secret store instead of a file in the repository.";
const INVESTIGATE: &str = "Look for uses you do not recognise in the provider's audit log, from the day it \
                           was first written down.";
const DOCUMENT: &str = "Note what leaked, since when, and what was done. Deleting the line, or rewriting \
                        history, does not undo a leak.";

impl Steps {
    /// The steps for any credential.
    pub const ANY: Self = Self {
        revoke: "Revoke each secret at the place its finding names.",
        replace: REPLACE,
        investigate: INVESTIGATE,
        document: DOCUMENT,
    };

    /// The steps for a credential of this category.
    pub const fn of(category: Category) -> Self {
        let steps = Self::ANY;
        match category {
            Category::Password => Self {
                revoke: "Change the password where the account is kept, and end its open sessions.",
                replace: "Give the service a password of its own, from the environment or a secret store; \
                          change it, too, wherever the same one is in use.",
                investigate: "Look through the account's sign-ins since the password was first written down.",
                ..steps
            },
            Category::ApiKey => {
                Self { revoke: "Delete the key in the provider's console, under API keys.", ..steps }
            }
            Category::AccessToken => Self {
                revoke: "Revoke the token in the settings of the account or application it stands for.",
                ..steps
            },
            Category::RefreshToken => Self {
                revoke: "Revoke the grant it belongs to; that ends the access tokens made from it, too.",
                ..steps
            },
            Category::OauthClientSecret => Self {
                revoke: "Rotate the client's secret in the provider's console, then delete the old one: \
                         many providers keep both valid until you do.",
                ..steps
            },
            Category::SigningSecret => Self {
                revoke: "Rotate the secret on both sides and stop accepting what the old one signed.",
                investigate: "Treat sessions, tokens and messages that the old secret signed as forgeable; \
                              look for ones you did not issue.",
                ..steps
            },
            Category::PrivateKey => Self {
                revoke: "Remove the public half wherever it is trusted (authorized_keys, deploy keys, trust \
                         stores), and have certificates issued for it revoked.",
                replace: "Generate a new pair where it will be used, so that the private half never travels.",
                investigate: "Look for sign-ins and signatures made with it that you do not recognise.",
                ..steps
            },
            Category::EncryptionKey => Self {
                revoke: "Encrypt the data anew under a new key, then destroy the old one.",
                investigate: "Find out who may have copied the encrypted data: what was copied stays readable \
                              with the old key.",
                ..steps
            },
            Category::ConnectionString => Self {
                revoke: "Change the password of the user it names, and close that user's open connections.",
                investigate: "Look through the server's connections and queries since it was first written \
                              down, and see that it accepts only addresses that need it.",
                ..steps
            },
            Category::WebhookUrl => Self {
                revoke: "Delete the webhook and make a new one: the address itself is the secret.",
                investigate: "Look for messages that came through it and that you did not send.",
                ..steps
            },
            Category::Session => Self {
                revoke: "Sign the session out, or all sessions of the account.",
                replace: "Sign in again; keep cookies and session tokens out of files that are shared.",
                ..steps
            },
            Category::LicenseKey => {
                Self { revoke: "Ask the vendor to withdraw the key and to issue another.", ..steps }
            }
            Category::Wallet => Self {
                revoke: "Move the funds to a new wallet now: a key or phrase cannot be revoked.",
                replace: "Keep the new wallet's phrase offline.",
                investigate: "Look through the wallet's transactions for ones you did not make.",
                ..steps
            },
            Category::Certificate => Self {
                revoke: "A certificate is public: make sure that its private key is not beside it.",
                ..steps
            },
            Category::Id => Self {
                revoke: "An identifier opens nothing by itself: revoke the secret it belongs to.",
                ..steps
            },
            Category::Exposure => Self {
                revoke: "Close the leak first, then revoke the secret as its own finding says: a new one would \
                         leak in the same way.",
                replace: "Send the new one over https alone, with certificates checked, and keep it on a server \
                          that pages ask for what they need.",
                ..steps
            },
        }
    }

    /// The four steps in order.
    pub const fn in_order(&self) -> [&'static str; 4] {
        [self.revoke, self.replace, self.investigate, self.document]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_every_category_is_a_sentence() {
        for category in Category::ALL {
            for step in Steps::of(*category).in_order() {
                assert!(step.ends_with('.') && step.starts_with(char::is_uppercase), "{category}: {step}");
                assert!(!step.contains("  "), "{category}: {step}");
            }
            assert_ne!(Steps::of(*category).revoke, Steps::ANY.revoke, "{category}");
        }
    }
}
