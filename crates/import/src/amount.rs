//! Amounts as people and programs write them.

/// Hundredths from `420`, `€1,250.50` or `1.250,5`: a sign before one or two last digits is the decimal one, before three it
/// groups. `None` for what is no amount, or a negative one.
pub(crate) fn read_amount(text: &str) -> Option<i64> {
    read(text, 2)
}

/// Thousandths in the same way.
pub(crate) fn read_thousandths(text: &str) -> Option<i64> {
    read(text, 3)
}

/// With so many decimals, of which two may be written.
fn read(text: &str, places: usize) -> Option<i64> {
    let bare: String = text.trim_matches(is_around).chars().filter(|c| !is_between_digits(*c)).collect();
    if bare.is_empty() || !bare.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) {
        return None;
    }
    let (whole, cents, sign) = match bare.rfind(['.', ',']) {
        Some(place) if matches!(bare.len() - place - 1, 1 | 2) => {
            (&bare[..place], &bare[place + 1..], bare[place..].chars().next())
        }
        _ => (bare.as_str(), "", None),
    };
    let group = whole.chars().find(|c| !c.is_ascii_digit());
    if let Some(group) = group
        && (Some(group) == sign || !is_grouped(whole, group))
    {
        return None;
    }
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() && cents.is_empty() {
        return None;
    }
    format!("{digits}{cents:0<places$}").parse().ok()
}

/// Signs of currencies, or their names.
fn is_around(c: char) -> bool {
    c.is_whitespace() || c.is_alphabetic() || matches!(c, '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}')
}

/// Spaces, and the apostrophe that groups in Switzerland.
fn is_between_digits(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '’')
}

/// Groups are of three, all but the first.
fn is_grouped(whole: &str, sign: char) -> bool {
    let mut groups = whole.split(sign);
    let first = groups.next().map_or(0, str::len);
    (1..=3).contains(&first) && groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::read_amount;

    #[test]
    fn amounts_are_read_as_they_are_written_anywhere() {
        for (text, hundredths) in [
            ("420", 42_000),
            ("420.00", 42_000),
            ("420,5", 42_050),
            ("€1,250.50", 125_050),
            ("1.250,50 €", 125_050),
            ("CHF 1’250.50", 125_050),
            ("1 250,50", 125_050),
            ("1,250", 125_000),
            ("1.250.000", 125_000_000),
            ("0", 0),
            (".5", 50),
            ("90071992547409.91", 9_007_199_254_740_991),
        ] {
            assert_eq!(read_amount(text), Some(hundredths), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in
            ["", "-5", "free", "1.2.3", "1,250.500", "12,34,567", "1,250,50", "1e3", "5%", "99999999999999999999"]
        {
            assert_eq!(read_amount(text), None, "{text}");
        }
    }
}
