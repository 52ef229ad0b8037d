//! Where a lead came from, with ids shaped like the real ones.

use domain::{Source, Touch};

use super::draw::Draw;

const CAMPAIGNS: [(&str, &str); 6] = [
    ("Spring portraits", "spring-portraits"),
    ("Autumn offer", "autumn-offer"),
    ("New Year, new moves", "new-year-new-moves"),
    ("Bridal season", "bridal-season"),
    ("Bring a friend", "bring-a-friend"),
    ("Back to the barre", "back-to-the-barre"),
];
const FORMS: [&str; 4] = ["Family session", "Trial class", "Contact", "Gift voucher"];
const ADS: [&str; 5] = ["carousel-a", "carousel-b", "reel-15s", "story-bts", "testimonial"];
const TERMS: [&str; 4] =
    ["family photographer london", "ballet classes near me", "bridal makeup trial", "pilates studio"];
const REFERRERS: [&str; 5] = ["Camille Roy", "my yoga teacher", "Sara Haddad", "a colleague", "Piotr from the gym"];

/// Source of a lead, its first and its last touch.
pub(super) fn invent(draw: &mut Draw) -> (Source, Touch, Touch) {
    let source = draw.weighted(&[
        (Source::Message, 30),
        (Source::MetaLeadAd, 22),
        (Source::CaptureForm, 14),
        (Source::GoogleLeadForm, 10),
        (Source::Referral, 9),
        (Source::Manual, 6),
        (Source::CsvImport, 4),
        (Source::Webhook, 3),
        (Source::GoogleSheet, 2),
    ]);
    let last = touch(draw, source);
    // Most decide at the first visit; the others came by another door before.
    let first = if draw.chance(0.65) {
        last.clone()
    } else {
        let door = draw.weighted(&[(Source::MetaLeadAd, 5), (Source::GoogleLeadForm, 3), (Source::Referral, 2)]);
        touch(draw, door)
    };
    (source, first, last)
}

/// Name of some campaign, for a text that mentions one.
pub(super) fn campaign_name(draw: &mut Draw) -> &'static str {
    draw.pick(&CAMPAIGNS).0
}

fn touch(draw: &mut Draw, source: Source) -> Touch {
    let text = |text: &str| Some(text.to_owned());
    match source {
        Source::MetaLeadAd => {
            let (campaign, slug) = draw.pick(&CAMPAIGNS);
            Touch {
                utm_source: text(if draw.chance(0.6) { "instagram" } else { "facebook" }),
                utm_medium: text("paid_social"),
                utm_campaign: text(slug),
                utm_content: text(draw.pick(&ADS)),
                fbclid: Some(draw.token("IwAR", 57)),
                form: text(draw.pick(&FORMS)),
                ad: text(draw.pick(&ADS)),
                campaign: text(campaign),
                ..Touch::default()
            }
        }
        Source::GoogleLeadForm => {
            let (campaign, slug) = draw.pick(&CAMPAIGNS);
            Touch {
                utm_source: text("google"),
                utm_medium: text("cpc"),
                utm_campaign: text(slug),
                utm_term: text(draw.pick(&TERMS)),
                gclid: Some(draw.token("Cj0KCQ", 84)),
                campaign: text(campaign),
                ..Touch::default()
            }
        }
        Source::Message => {
            // Half of them come through an ad that opens the chat.
            if draw.chance(0.5) {
                let (campaign, _) = draw.pick(&CAMPAIGNS);
                Touch {
                    utm_source: text("whatsapp"),
                    utm_medium: text("click_to_chat"),
                    ctwa_clid: Some(draw.token("AR", 60)),
                    ad: text(draw.pick(&ADS)),
                    campaign: text(campaign),
                    ..Touch::default()
                }
            } else {
                Touch { utm_source: text("whatsapp"), utm_medium: text("direct"), ..Touch::default() }
            }
        }
        Source::CaptureForm | Source::Webhook => Touch {
            utm_source: text(if draw.chance(0.5) { "website" } else { "newsletter" }),
            utm_medium: text("organic"),
            form: text(draw.pick(&FORMS)),
            ..Touch::default()
        },
        Source::Referral => {
            Touch { utm_medium: text("referral"), referred_by: text(draw.pick(&REFERRERS)), ..Touch::default() }
        }
        Source::Manual | Source::CsvImport | Source::GoogleSheet => Touch::default(),
    }
}
