//! The colours of what people read at a terminal.

use anstyle::{AnsiColor, Style};

use super::snippet::Kind;
use crate::rule::Severity;

/// A style for each thing that is told apart.
#[derive(Clone, Copy)]
pub struct Paint {
    pub critical: Style,
    pub high: Style,
    pub medium: Style,
    pub low: Style,
    pub strong: Style,
    pub dim: Style,
    pub place: Style,
    pub link: Style,
    pub found: Style,
    pub other: Style,
    pub warning: Style,
    pub good: Style,
    pub bad: Style,
}

impl Paint {
    pub const PLAIN: Self = Self {
        critical: Style::new(),
        high: Style::new(),
        medium: Style::new(),
        low: Style::new(),
        strong: Style::new(),
        dim: Style::new(),
        place: Style::new(),
        link: Style::new(),
        found: Style::new(),
        other: Style::new(),
        warning: Style::new(),
        good: Style::new(),
        bad: Style::new(),
    };

    pub const COLORED: Self = Self {
        critical: AnsiColor::BrightRed.on_default().bold(),
        high: AnsiColor::Red.on_default().bold(),
        medium: AnsiColor::Yellow.on_default().bold(),
        low: AnsiColor::Blue.on_default().bold(),
        strong: Style::new().bold(),
        dim: AnsiColor::BrightBlack.on_default(),
        place: AnsiColor::Cyan.on_default(),
        link: AnsiColor::Cyan.on_default().underline(),
        found: AnsiColor::Red.on_default().bold(),
        other: AnsiColor::BrightBlack.on_default(),
        warning: AnsiColor::Yellow.on_default(),
        good: AnsiColor::Green.on_default().bold(),
        bad: AnsiColor::Red.on_default(),
    };

    pub fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.dim,
        }
    }

    pub fn kind(self, kind: Kind) -> Style {
        match kind {
            Kind::Text => Style::new(),
            Kind::Found => self.found,
            Kind::Other => self.other,
        }
    }
}
