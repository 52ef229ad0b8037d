//! Phone numbers that ring nowhere: only from ranges that regulators keep free for films, books and demos.
//!
//! - United Kingdom, Ofcom, "Telephone numbers for use in TV and radio drama programmes"
//! - United States and Canada, ATIS-0300115: 555-0100 to 555-0199 of every area code
//! - Ireland, ComReg, "Numbering Conditions of Use": 020 91x xxxx
//! - France, Arcep, décision 2018-0881: six blocks of ten thousand for audiovisual works
//! - Germany, Bundesnetzagentur, "Rufnummern für Filmproduktionen" ("Drama Numbers"): a thousand each in five cities
//! - Australia, ACMA, "Phone numbers for use in TV shows, films and creative works": (0x) 5550 xxxx

use domain::Phone;

/// Where a number seems to be from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    UkMobile,
    UkLandline,
    NorthAmerica,
    Ireland,
    France,
    Germany,
    Australia,
}

/// Prefix, and how many digits follow that may be anything.
type Block = (&'static str, u32);

const UK_MOBILE: &[Block] = &[("+447700900", 3)];
const UK_LANDLINE: &[Block] = &[
    ("+441134960", 3), // Leeds
    ("+441144960", 3), // Sheffield
    ("+441154960", 3), // Nottingham
    ("+441164960", 3), // Leicester
    ("+441174960", 3), // Bristol
    ("+441184960", 3), // Reading
    ("+441214960", 3), // Birmingham
    ("+441314960", 3), // Edinburgh
    ("+441414960", 3), // Glasgow
    ("+441514960", 3), // Liverpool
    ("+441614960", 3), // Manchester
    ("+442079460", 3), // London
    ("+441914980", 3), // Tyneside
    ("+442896496", 3), // Northern Ireland: 028 9649 6xxx
    ("+442920180", 3), // Cardiff
    ("+441632960", 3), // no area
];
const IRELAND: &[Block] = &[("+3532091", 5)];
const FRANCE: &[Block] =
    &[("+3363998", 4), ("+3319900", 4), ("+3326191", 4), ("+3335301", 4), ("+3346571", 4), ("+3353649", 4)];
const GERMANY: &[Block] =
    &[("+493023125", 3), ("+496990009", 3), ("+494066969", 3), ("+492214710", 3), ("+498999998", 3)];
const AUSTRALIA: &[Block] = &[("+6125550", 4), ("+6135550", 4), ("+6175550", 4), ("+6185550", 4)];
/// Geographic area codes in service in the United States and Canada.
const AREA_CODES: &[u16] = &[
    201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 226, 228, 229,
    231, 234, 236, 239, 240, 248, 250, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 289, 301, 302, 303,
    304, 305, 306, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336,
    337, 339, 343, 346, 347, 351, 352, 360, 361, 385, 386, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 412, 413,
    414, 415, 416, 417, 418, 419, 423, 424, 425, 430, 432, 434, 435, 437, 438, 440, 442, 443, 450, 458, 469, 470, 475,
    478, 479, 480, 484, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 512, 513, 514, 515, 516, 517, 518, 519, 520,
    530, 531, 534, 539, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571, 573, 574, 575, 579, 580, 581, 585, 586, 587,
    601, 602, 603, 604, 605, 606, 607, 608, 609, 610, 612, 613, 614, 615, 616, 617, 618, 619, 620, 623, 626, 628, 629,
    630, 631, 636, 639, 641, 646, 647, 650, 651, 657, 660, 661, 662, 667, 669, 678, 681, 682, 701, 702, 703, 704, 705,
    706, 707, 708, 709, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 725, 727, 731, 732, 734, 737, 740, 747, 754,
    757, 760, 762, 763, 765, 769, 770, 772, 773, 774, 775, 778, 779, 780, 781, 782, 785, 786, 801, 802, 803, 804, 805,
    806, 807, 808, 810, 812, 813, 814, 815, 816, 817, 818, 819, 828, 830, 831, 832, 843, 845, 847, 848, 850, 854, 856,
    857, 858, 859, 860, 862, 863, 864, 865, 867, 870, 872, 873, 878, 901, 902, 903, 904, 905, 906, 907, 908, 909, 910,
    912, 913, 914, 915, 916, 917, 918, 919, 920, 925, 928, 929, 930, 931, 934, 936, 937, 938, 940, 941, 947, 949, 951,
    952, 954, 956, 959, 970, 971, 972, 973, 978, 979, 980, 984, 985, 989,
];

impl Region {
    const fn blocks(self) -> &'static [Block] {
        match self {
            Self::UkMobile => UK_MOBILE,
            Self::UkLandline => UK_LANDLINE,
            Self::NorthAmerica => &[],
            Self::Ireland => IRELAND,
            Self::France => FRANCE,
            Self::Germany => GERMANY,
            Self::Australia => AUSTRALIA,
        }
    }

    /// How many different numbers there are.
    pub(super) fn size(self) -> u64 {
        match self {
            Self::NorthAmerica => AREA_CODES.len() as u64 * 100,
            _ => self.blocks().iter().map(|(_, digits)| 10_u64.pow(*digits)).sum(),
        }
    }

    /// The number at `place`, where neighbouring places are far apart. All places below [`size`](Self::size) have
    /// different numbers; from there on they come again.
    pub(super) fn number(self, place: u64) -> Phone {
        // A prime larger than any size, hence coprime to it: multiplying permutes the places.
        let mut offset = (place % self.size()) * 1_000_003 % self.size();
        let text = if self == Self::NorthAmerica {
            let area = AREA_CODES[usize::try_from(offset / 100).expect("an index into the area codes")];
            format!("+1{area}55501{:02}", offset % 100)
        } else {
            let mut blocks = self.blocks().iter();
            loop {
                let (prefix, digits) = blocks.next().expect("the offset is below the sum of the blocks");
                let size = 10_u64.pow(*digits);
                if offset < size {
                    break format!("{prefix}{offset:0width$}", width = *digits as usize);
                }
                offset -= size;
            }
        };
        Phone::try_from(text).expect("the ranges are written in E.164")
    }
}

/// Whether `number` is from one of the ranges above.
#[cfg(test)]
pub(super) fn is_fictional(number: &str) -> bool {
    let in_block = [UK_MOBILE, UK_LANDLINE, IRELAND, FRANCE, GERMANY, AUSTRALIA]
        .into_iter()
        .flatten()
        .any(|(prefix, digits)| number.starts_with(prefix) && number.len() == prefix.len() + *digits as usize);
    let american = number.len() == 12
        && number.starts_with("+1")
        && &number[5..10] == "55501"
        && number[2..5].parse().is_ok_and(|area: u16| AREA_CODES.contains(&area));
    in_block || american
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Region, is_fictional};

    #[test]
    fn a_region_has_as_many_different_numbers_as_it_says() {
        for region in [
            Region::UkMobile,
            Region::UkLandline,
            Region::NorthAmerica,
            Region::Ireland,
            Region::France,
            Region::Germany,
            Region::Australia,
        ] {
            let numbers: HashSet<String> = (0..region.size()).map(|place| region.number(place).into()).collect();
            assert_eq!(numbers.len() as u64, region.size(), "{region:?}");
            assert!(numbers.iter().all(|number| is_fictional(number)), "{region:?}");
        }
    }

    #[test]
    fn real_looking_numbers_are_not_fictional() {
        for number in ["+447700901000", "+447911123456", "+12025550200", "+12125551234", "+33142764978", "+1555550100"]
        {
            assert!(!is_fictional(number), "{number}");
        }
    }
}
