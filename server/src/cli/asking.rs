//! What is personal or secret is asked for on the terminal or read from standard input, never taken as an argument:
//! everybody on the machine can list those, and the shell keeps them.

use std::io::{BufRead, IsTerminal, Read, Write};

use anyhow::{Context, ensure};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::limits;

/// More than any answer.
const MAX_BYTES: u64 = 4_096;

/// Who is to become a member.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) password: SecretString,
}

impl Person {
    /// Asks on a terminal; else reads three lines: name, e-mail address, password.
    pub(super) fn ask() -> anyhow::Result<Self> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            return Self::read(stdin.lock().take(MAX_BYTES));
        }
        let name = answer("Name: ", &mut stdin.lock())?;
        let email = answer("E-mail address: ", &mut stdin.lock())?;
        let password = SecretString::from(rpassword::prompt_password("Password: ")?);
        let again = SecretString::from(rpassword::prompt_password("The same again: ")?);
        ensure!(password.expose_secret() == again.expose_secret(), "the two passwords differ");
        Self::checked(&name, &email, password)
    }

    fn read(mut lines: impl BufRead) -> anyhow::Result<Self> {
        let mut line = || -> anyhow::Result<Zeroizing<String>> {
            let mut line = Zeroizing::new(String::new());
            let missing = "expected three lines on standard input: name, e-mail address, password";
            ensure!(lines.read_line(&mut line).context(missing)? > 0, missing);
            let length = line.trim_end_matches(['\r', '\n']).len();
            line.truncate(length);
            Ok(line)
        };
        let (name, email, password) = (line()?, line()?, line()?);
        Self::checked(&name, &email, password.as_str().into())
    }

    fn checked(name: &str, email: &str, password: SecretString) -> anyhow::Result<Self> {
        let (name, email) = (name.trim(), email.trim());
        ensure!(!name.is_empty(), "a member has a name");
        ensure!(name.chars().count() <= limits::NAME_CHARS, "the name is too long");
        ensure!(domain::is_email(email), "that is no e-mail address");
        ensure!(!password.expose_secret().is_empty(), "the password is empty");
        Ok(Self { name: name.to_owned(), email: email.to_owned(), password })
    }
}

#[expect(clippy::print_stderr, reason = "standard output is for the result alone")]
fn answer(question: &str, from: &mut impl BufRead) -> anyhow::Result<String> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut line = String::new();
    from.take(MAX_BYTES).read_line(&mut line)?;
    Ok(line)
}

/// All of standard input, without the line feed at its end.
pub(super) fn read_password() -> anyhow::Result<SecretString> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().lock().take(MAX_BYTES).read_to_string(&mut text)?;
    let password = text.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "it is empty");
    Ok(password.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_three_lines() {
        let person = Person::read("Olga Ferreira \n olga@studio.example\r\n a pass word \n".as_bytes()).expect("read");
        assert_eq!((person.name.as_str(), person.email.as_str()), ("Olga Ferreira", "olga@studio.example"));
        assert_eq!(person.password.expose_secret(), " a pass word ", "a password is what was typed");
    }

    #[test]
    fn what_is_missing_or_wrong_is_said_without_repeating_it() {
        for text in [
            "",
            "Olga\n",
            "Olga\nolga@studio.example\n",
            "\nolga@studio.example\npass word\n",
            "Olga\nolga\npass word\n",
        ] {
            let error = Person::read(text.as_bytes()).err().expect("refused");
            assert!(!format!("{error:#}").to_lowercase().contains("olga"), "{error:#}");
        }
    }
}
