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
    assert!(
        env::var_os(MUST_RUN).is_none(),
        "{MUST_RUN} is set, but {why}"
    );
    tell(why);
}

/// The same of what even CI need not have: something that a variable names.
pub fn for_want_of(variable: &str, what: &str) {
    tell(&format!("{variable} does not name {what}"));
}

fn tell(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // The macros' output is kept back for a test that passes; this is not.
    let _ = writeln!(io::stderr(), "SKIPPED {test}: {why}");
}
