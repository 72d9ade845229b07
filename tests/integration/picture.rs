//! The picture of the report that the README shows, made by the report itself.

use std::fs;
use std::path::Path;

use anstyle::{Color, RgbColor};
use anstyle_svg::{Palette, Term};
use stanch::report::{Format, Look, Run};

use crate::sample::{self, Rules};

const FOREGROUND: Color = Color::Rgb(RgbColor(0xD6, 0xDE, 0xE8));
const BACKGROUND: Color = Color::Rgb(RgbColor(0x16, 0x1B, 0x22));

/// The colours of a dark terminal that is easy on the eyes, in the order of their codes.
const PALETTE: Palette = Palette([
    RgbColor(0x48, 0x4F, 0x58),
    RgbColor(0xF4, 0x70, 0x67),
    RgbColor(0x57, 0xAB, 0x5A),
    RgbColor(0xE0, 0xAF, 0x50),
    RgbColor(0x53, 0x9B, 0xF5),
    RgbColor(0xB0, 0x83, 0xF0),
    RgbColor(0x56, 0xC4, 0xCF),
    RgbColor(0xC5, 0xD1, 0xDE),
    RgbColor(0x8B, 0x96, 0xA3),
    RgbColor(0xFF, 0x7B, 0x72),
    RgbColor(0x6B, 0xC4, 0x6D),
    RgbColor(0xF0, 0xC6, 0x74),
    RgbColor(0x6C, 0xB6, 0xFF),
    RgbColor(0xDC, 0xBD, 0xFB),
    RgbColor(0x76, 0xE3, 0xEA),
    RgbColor(0xF0, 0xF6, 0xFC),
]);

/// Fails when the picture is stale; with `STANCH_BLESS=1` in the environment, draws it anew.
#[test]
fn the_picture_of_the_report_is_fresh() {
    let rules = Rules::default();
    let findings = [sample::plain(&rules), sample::multi_line(&rules), sample::reuse(&rules)];
    let look = Look { color: true, width: 92 };
    let report = sample::report(Format::Human, look, &Run::default(), &findings, &sample::complete());
    let term = Term::new().palette(PALETTE).fg_color(FOREGROUND).bg_color(BACKGROUND).min_width_px(0);
    let drawn = term.render_svg(&report);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/snapshots/report.svg");
    if std::env::var_os("STANCH_BLESS").is_some() {
        fs::write(&path, &drawn).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{} is stale: run the tests with STANCH_BLESS=1 and look at it", path.display());
}
