//! Who enquires: a name, perhaps an address, perhaps a number.

use domain::Phone;

use super::draw::Draw;
use super::language::{Language, NameOrder};
use super::phone::Region;

/// Below this rank from the newest, numbers from Britain are mobiles without a repetition.
const NEWEST_WITH_UK_MOBILE: u64 = 1_000;

pub(super) struct Person {
    /// As in the lead's name field.
    pub(super) name: String,
    /// How the studio addresses them.
    pub(super) called: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<Phone>,
}

/// Invents a person; `rank` counts from the newest lead.
pub(super) fn invent(draw: &mut Draw, language: &Language, rank: u64) -> Person {
    let first = draw.pick(&language.first);
    let last = draw.pick(&language.last);
    // Some write their name in Latin letters abroad.
    let latin = !first.native.is_ascii() && draw.chance(0.2);
    let (name, called) = if latin {
        (format!("{} {}", capitalised(first.ascii), capitalised(last.ascii)), capitalised(first.ascii))
    } else {
        match language.order {
            NameOrder::GivenFirst if draw.chance(0.06) => (first.native.to_owned(), first.native.to_owned()),
            NameOrder::GivenFirst => (format!("{} {}", first.native, last.native), first.native.to_owned()),
            NameOrder::FamilyFirst => (format!("{}{}", last.native, first.native), last.native.to_owned()),
            NameOrder::FamilyFirstSpaced => (format!("{} {}", last.native, first.native), last.native.to_owned()),
        }
    };
    let email = draw.chance(0.62).then(|| email(draw, first.ascii, last.ascii));
    let phone = draw.chance(0.93).then(|| phone(draw, language, rank));
    Person { name, called, email, phone }
}

/// An address under a name that RFC 2606 reserves.
pub(super) fn email(draw: &mut Draw, first: &str, last: &str) -> String {
    const DOMAINS: [(&str, u32); 5] =
        [("example.com", 50), ("example.org", 20), ("example.net", 15), ("post.example", 10), ("mail.example", 5)];
    let local = match draw.below(4) {
        0 => format!("{first}.{last}"),
        1 => format!("{first}.{last}{}", draw.between(1, 99)),
        2 => format!("{}{last}{}", &first[..1], draw.between(70, 2009)),
        _ => format!("{first}{}", draw.between(1, 9999)),
    };
    format!("{local}@{}", draw.weighted(&DOMAINS))
}

/// A number from a range for fiction. Until a region's numbers are used up, no two leads share one.
pub(super) fn phone(draw: &mut Draw, language: &Language, rank: u64) -> Phone {
    use Region::{Australia, France, Germany, Ireland, NorthAmerica, UkLandline, UkMobile};
    let britain = if rank < NEWEST_WITH_UK_MOBILE { UkMobile } else { UkLandline };
    let region = match language.code {
        "en" => draw.weighted(&[(britain, 70), (NorthAmerica, 14), (Ireland, 10), (Australia, 6)]),
        "fr" => draw.weighted(&[(France, 60), (britain, 40)]),
        "de" => draw.weighted(&[(Germany, 45), (britain, 55)]),
        _ => draw.weighted(&[(britain, 70), (NorthAmerica, 30)]),
    };
    // Britain's ranges are small: a studio of a hundred thousand leads takes to the large ones.
    let region = if region == UkLandline && rank >= UkLandline.size() {
        draw.weighted(&[(Ireland, 45), (NorthAmerica, 25), (Australia, 30)])
    } else {
        region
    };
    region.number(rank)
}

fn capitalised(ascii: &str) -> String {
    let mut letters = ascii.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
