use std::time::Duration;

use clap::CommandFactory;

use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Settings::read(variables).map_err(|error| error.to_string())
}

#[test]
fn an_empty_environment_is_the_defaults_and_what_is_not_ours_is_passed_over() {
    let settings = read(&[("PATH", "/bin"), ("FRONTDESK", "x"), ("FRONTDESK_DATA_DIR", "/home/olga")]).expect("fine");
    assert_eq!((settings.log, settings.trusted_proxies), (Level::INFO, 0));
    assert_eq!((settings.rates, settings.connections), (Rates::default(), ConnectionLimits::default()));
}

#[test]
fn every_setting_is_taken_over() {
    let settings = read(&[
        ("FRONTDESK_LOG", "trace"),
        ("FRONTDESK_TRUSTED_PROXIES", "2"),
        ("FRONTDESK_OFFLINE_DAYS", "30"),
        ("FRONTDESK_MAX_CONNECTIONS", "100"),
        ("FRONTDESK_RATE_AUTH_ADDRESS", "6/min burst 3"),
    ])
    .expect("fine");
    assert_eq!((settings.log, settings.trusted_proxies, settings.lease_days), (Level::TRACE, 2, 30));
    assert_eq!((settings.connections.max, settings.connections.max_per_address), (100, 100));
    let rate = settings.rates.of(crate::rate_limits::Limit::AuthAddress);
    assert_eq!((rate.interval(), rate.burst().get()), (Duration::from_secs(10), 3));
    let apart = read(&[("FRONTDESK_MAX_CONNECTIONS_PER_ADDRESS", "7")]).expect("fine").connections;
    assert_eq!((apart.max, apart.max_per_address), (2_000, 7));
}

#[test]
fn an_unknown_name_is_refused_with_the_one_that_was_meant() {
    for (name, meant) in [
        ("FRONTDESK_DATABSE", Some("FRONTDESK_DATABASE")),
        ("FRONTDESK_TRUSTED_PROXYS", Some("FRONTDESK_TRUSTED_PROXIES")),
        ("FRONTDESK_LOGS", Some("FRONTDESK_LOG")),
        ("FRONTDESK_rate_api_device", Some("FRONTDESK_RATE_API_DEVICE")),
        ("FRONTDESK_MAX_CONECTIONS", Some("FRONTDESK_MAX_CONNECTIONS")),
        ("FRONTDESK_COLOUR_OF_THE_WALL", None),
    ] {
        let error = read(&[(name, "Zeisig-value")]).expect_err(name);
        assert!(error.starts_with(&format!("there is no setting {name}; ")), "{error}");
        let expected =
            meant.map_or("docs/HOSTING.md has the list".to_owned(), |meant| format!("did you mean {meant}?"));
        assert!(error.ends_with(&expected), "{error}");
        assert!(!error.contains("Zeisig"));
    }
    let odd = read(&[("FRONTDESK_a secret\n", "x")]).expect_err("no plain text");
    assert_eq!(odd, "there is a setting whose name is no plain text");
}

/// A value that no setting understands, but for those that are any text.
fn malformed(name: &str) -> Option<&'static str> {
    match name {
        "FRONTDESK_DATA"
        | "FRONTDESK_SECRET_FILE"
        | "FRONTDESK_TLS_CERT"
        | "FRONTDESK_TLS_KEY"
        | "FRONTDESK_MAIL_FROM"
        | "FRONTDESK_MAIL_CA"
        | "FRONTDESK_TELEMETRY_CA" => None,
        "FRONTDESK_POSTHOG_KEY" => Some("Zeisig and no key"),
        _ => Some("Zeisig"),
    }
}

#[test]
fn a_malformed_value_is_refused_by_name_and_not_repeated() {
    for setting in &SETTINGS {
        for value in ["", "  "].into_iter().chain(malformed(setting.name)) {
            let error = read(&[(setting.name, value)]).expect_err(setting.name);
            assert!(error.starts_with(&format!("{} ", setting.name)), "{error}");
            assert!(!error.contains("Zeisig"), "{error}");
        }
    }
    for (name, value) in [
        ("FRONTDESK_TRUSTED_PROXIES", "-1"),
        ("FRONTDESK_TRUSTED_PROXIES", "17"),
        ("FRONTDESK_MAX_CONNECTIONS", "0"),
        ("FRONTDESK_LOG", "INFO,hyper=trace"),
        ("FRONTDESK_RATE_API_DEVICE", "100"),
        ("FRONTDESK_LISTEN", "localhost:8443"),
        ("FRONTDESK_DATABASE", "postgres://desk:Zeisig@db.example.org/desk?sslmode=disable"),
    ] {
        let error = read(&[(name, value)]).expect_err(value);
        assert!(error.starts_with(name) && !error.contains("Zeisig"), "{error}");
    }
    let both = read(&[("FRONTDESK_MAX_CONNECTIONS", "5"), ("FRONTDESK_MAX_CONNECTIONS_PER_ADDRESS", "6")]);
    assert!(both.expect_err("more than all").starts_with("FRONTDESK_MAX_CONNECTIONS_PER_ADDRESS "));
}

#[test]
fn uses_are_counted_with_a_host_and_a_key_only() {
    let host = ("FRONTDESK_POSTHOG_HOST", "https://eu.example.org");
    let key = ("FRONTDESK_POSTHOG_KEY", "phc_Zeisig");
    assert!(read(&[host, key]).expect("both").telemetry.posthog.is_some());
    assert!(read(&[host]).expect_err("one").starts_with("FRONTDESK_POSTHOG_HOST needs FRONTDESK_POSTHOG_KEY"));
    let error = read(&[key]).expect_err("one");
    assert!(error.starts_with("FRONTDESK_POSTHOG_KEY needs FRONTDESK_POSTHOG_HOST") && !error.contains("Zeisig"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let error = read(&[("FRONTDESK_LOG", "loud"), ("FRONTDESK_LISTN", "x"), ("FRONTDESK_DATA", "/srv")]);
    assert_eq!(error.expect_err("two faults").lines().count(), 2);
}

#[test]
fn a_weak_database_password_is_refused_and_not_repeated() {
    for name in ["FRONTDESK_DATABASE", "FRONTDESK_MIGRATION_DATABASE"] {
        for weak in ["postgres", "changeme-changeme", "aaaaaaaaaaaaaaaaaa", "x1x1x1x1x1x1"] {
            let error = read(&[(name, &format!("postgres://desk:{weak}@localhost/desk"))]).expect_err(weak);
            assert!(error.starts_with(&format!("{name} has a password that ")) && !error.contains(weak), "{error}");
        }
        for fine in ["postgres://desk:9fK2-vm3R-pQ7w@localhost/desk", "postgres://desk@localhost/desk", "sqlite:/srv"] {
            read(&[(name, fine)]).expect(fine);
        }
    }
}

/// The names in the table of the documentation, with what is said of them.
fn documented() -> Vec<String> {
    let page = include_str!("../../../docs/HOSTING.md");
    page.lines().filter(|line| line.starts_with("| `FRONTDESK_")).map(str::to_owned).collect()
}

#[test]
fn the_documentation_has_every_setting_as_the_code_has_it() {
    let expected: Vec<_> =
        SETTINGS.iter().map(|s| format!("| `{}` | {} | {} |", s.name, s.default, s.meaning)).collect();
    assert_eq!(documented(), expected, "the table of docs/HOSTING.md should be:\n{}\n", expected.join("\n"));
}

#[test]
fn every_variable_that_the_command_line_reads_is_a_setting() {
    fn variables(command: &clap::Command, into: &mut Vec<String>) {
        into.extend(command.get_arguments().filter_map(|a| a.get_env()?.to_str().map(str::to_owned)));
        command.get_subcommands().for_each(|command| variables(command, into));
    }
    let mut read = Vec::new();
    variables(&crate::cli::Cli::command(), &mut read);
    assert!(read.contains(&"FRONTDESK_LISTEN".to_owned()), "the control");
    for name in read {
        assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is missing in the list of settings");
    }
}

#[test]
fn the_list_has_every_name_once_and_every_rate() {
    for (index, setting) in SETTINGS.iter().enumerate() {
        assert!(setting.name.starts_with(PREFIX) && is_plain(setting.name));
        assert!(SETTINGS[..index].iter().all(|other| other.name != setting.name), "{} is there twice", setting.name);
    }
    for limit in crate::rate_limits::Limit::ALL {
        let of_limit = SETTINGS.iter().find(|setting| setting.name == limit.setting()).expect("every limit");
        let mut settings = Settings::default();
        (of_limit.take)(&mut settings, "7/h burst 9").expect("a rate");
        for other in crate::rate_limits::Limit::ALL {
            let is_it = settings.rates.of(other).to_string() == "7/h burst 9";
            assert_eq!(is_it, other == limit, "{} sets {limit:?} alone", of_limit.name);
        }
    }
}
