//! English.

use super::{InvitationMailWords, JoinPageWords, Words};

pub(super) static WORDS: Words = Words {
    date: |day| day.format("%A, %-d %B %Y").to_string(),
    invitation_mail: InvitationMailWords {
        lang: "en",
        subject: |studio| format!("Join {studio} on Frontdesk"),
        opening: |inviter, studio| match inviter {
            Some(inviter) => format!("{inviter} has invited you to join {studio} on Frontdesk."),
            None => format!("You are invited to join {studio} on Frontdesk."),
        },
        accept: |until| format!("To accept, open this link. It works once, until {until}."),
        ignore: "If you did not expect this mail, ignore it. Nothing happens unless you accept.",
    },
    join_page: JoinPageWords {
        lang: "en",
        title: |studio| format!("Join {studio}"),
        new_account: "Choose the name your colleagues will see, and a password.",
        existing_account: "You have a Frontdesk account with this address already. Enter its password, and the name your colleagues here will see.",
        email: "E-mail",
        full_name: "Full name",
        new_password: "New password",
        new_password_note: "At least 8 characters. A few words in a row are easy to remember.",
        password: "Password",
        accept: "Accept the invitation",
        name_missing: "Enter your full name.",
        name_too_long: "That name is too long.",
        password_too_short: "Use at least 8 characters.",
        password_too_long: "That password is too long.",
        password_wrong: "That is not the password of this account.",
        account_changed: "An account with this address was made meanwhile. Enter its password.",
        busy: "Too many people are signing in just now. Wait a moment, then try again.",
        joined: |studio| format!("You are a member of {studio}"),
        sign_in: "Open Frontdesk on your computer and sign in with this server, your e-mail and your password.",
        server: "Server",
        used_title: "This invitation was accepted",
        used: "The link works once. Open Frontdesk on your computer and sign in with your e-mail and your password.",
        over_title: "This invitation is over",
        over: "It was withdrawn, or is older than a week. Ask whoever invited you to send a new one.",
        unknown_title: "There is no such invitation",
        unknown: "Check that the whole link was opened. If it was sent again, only the newest mail’s link works.",
        trouble_title: "That did not work",
        trouble: "Nothing was changed. Wait a moment, then open the link again.",
    },
};
