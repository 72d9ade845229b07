//! The picture of the report that the README shows, made by the report itself.

use std::fs;
use std::path::Path;

use anstyle::{Ansi256Color, RgbColor};
use anstyle_svg::Term;
use stanch::report::{Format, Look, Run};

use crate::sample::{self, Rules};

/// Fails when the picture is stale; with `STANCH_BLESS=1` in the environment, draws it anew.
#[test]
fn the_picture_of_the_report_is_fresh() {
    let rules = Rules::default();
    let [_, secret] = sample::pair(&rules);
    let findings = [sample::plain(&rules), sample::multi_line(&rules), sample::reuse(&rules)];
    let _ = secret;
    let look = Look { color: true, width: 92 };
    let report = sample::report(Format::Human, look, &Run::default(), &findings, &sample::complete());
    let drawn = Term::new().render_svg(&report);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/snapshots/report.svg");
    if std::env::var_os("STANCH_BLESS").is_some() {
        fs::write(&path, &drawn).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{} is stale: run the tests with STANCH_BLESS=1 and look at it", path.display());
}
