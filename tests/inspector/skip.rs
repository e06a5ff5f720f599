use std::{
    env,
    io::{self, Write as _},
};

/// Set where everything that a test can need is there, as in CI: then nothing may be skipped.
const MUST_RUN: &str = "INSPECTOR_TESTS_MUST_RUN";

/// Says on stderr, past the test runner's own capturing, that a test did not run and why.
///
/// # Panics
/// Where `INSPECTOR_TESTS_MUST_RUN` is set.
pub fn loudly(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(
        env::var_os(MUST_RUN).is_none(),
        "{MUST_RUN} is set, but {why}"
    );
    // The macros' output is kept back for a test that passes; this is not.
    let _ = writeln!(io::stderr(), "SKIPPED {test}: {why}");
}
