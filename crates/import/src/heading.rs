//! What the columns of a file are, by their headings: those of our own export, and what other programs call them in
//! English, German, Spanish, French and Portuguese.

use domain::{CustomField, fold};

use crate::ImportTarget;

/// Headings of our own export by which a file of it is known.
const OURS: [&str; 3] = ["id", "first_touch_utm_source", "last_activity_at"];

/// Columns of our own export that a new lead takes over. Nothing else of it is guessed.
const OUR_COLUMNS: [(&str, ImportTarget); 22] = [
    ("name", ImportTarget::Name),
    ("email", ImportTarget::Email),
    ("phone", ImportTarget::Phone),
    ("stage", ImportTarget::Stage),
    ("owner", ImportTarget::Owner),
    ("tags", ImportTarget::Tags),
    ("notes", ImportTarget::Notes),
    ("value", ImportTarget::Value),
    ("currency", ImportTarget::Currency),
    ("state", ImportTarget::State),
    ("opt_out_status", ImportTarget::OptOut),
    ("first_touch_utm_source", ImportTarget::UtmSource),
    ("first_touch_utm_medium", ImportTarget::UtmMedium),
    ("first_touch_utm_campaign", ImportTarget::UtmCampaign),
    ("first_touch_utm_content", ImportTarget::UtmContent),
    ("first_touch_utm_term", ImportTarget::UtmTerm),
    ("first_touch_gclid", ImportTarget::Gclid),
    ("first_touch_fbclid", ImportTarget::Fbclid),
    ("first_touch_ctwa_clid", ImportTarget::CtwaClid),
    ("first_touch_form", ImportTarget::Form),
    ("first_touch_ad", ImportTarget::Ad),
    ("first_touch_campaign", ImportTarget::Campaign),
];
const OUR_REFERRAL: (&str, ImportTarget) = ("first_touch_referred_by", ImportTarget::ReferredBy);

/// Folded, with spaces for all that is neither letter nor digit.
const WORDS: [(ImportTarget, &str); 24] = [
    (
        ImportTarget::Name,
        "name|full name|fullname|contact name|contact|client|client name|customer|customer name|lead|lead name|display name|\
         vollstandiger name|kontakt|kunde|kundin|kundenname|ansprechpartner|nombre|nombre completo|nombre y apellidos|cliente|\
         contacto|nom|nom complet|nome|nome completo|contato",
    ),
    (ImportTarget::FirstName, "first name|firstname|given name|forename|vorname|primer nombre|prenom|primeiro nome"),
    (
        ImportTarget::LastName,
        "last name|lastname|surname|family name|nachname|familienname|apellido|apellidos|nom de famille|sobrenome|apelido|\
         ultimo nome",
    ),
    (
        ImportTarget::Email,
        "email|e mail|mail|email address|e mail address|emailaddress|e mail adresse|emailadresse|mailadresse|correo|\
         correo electronico|direccion de correo|adresse e mail|adresse email|adresse mail|courriel|endereco de e mail|\
         endereco de email",
    ),
    (
        ImportTarget::Phone,
        "phone|phone number|phonenumber|mobile|mobile phone|mobile number|cell|cell phone|cellphone|telephone|tel|whatsapp|\
         whatsapp number|telefon|telefonnummer|handy|handynummer|mobil|mobilnummer|mobiltelefon|rufnummer|telefono|movil|\
         telefono movil|celular|numero de telefono|portable|numero de telephone|telephone portable|telefone|telemovel|\
         numero de telefone",
    ),
    (
        ImportTarget::Stage,
        "stage|status|pipeline stage|lead status|deal stage|lifecycle stage|phase|etapa|fase|etape|statut|estagio|situacao",
    ),
    (
        ImportTarget::Owner,
        "owner|assigned to|assignee|salesperson|sales rep|lead owner|contact owner|zustandig|betreuer|betreuerin|\
         verantwortlich|responsable|propietario|asignado a|comercial|proprietaire|attribue a|responsavel|proprietario|\
         atribuido a",
    ),
    (
        ImportTarget::Tags,
        "tags|tag|labels|label|segments|schlagworter|schlagworte|etiketten|markierungen|etiquetas|etiquettes|marcadores",
    ),
    (
        ImportTarget::Notes,
        "notes|note|comments|comment|remarks|description|message|notizen|notiz|bemerkung|bemerkungen|kommentar|kommentare|\
         anmerkung|anmerkungen|nachricht|notas|nota|comentario|comentarios|observaciones|mensaje|commentaire|commentaires|\
         remarques|observacoes|mensagem",
    ),
    (
        ImportTarget::Value,
        "value|deal value|lead value|expected value|amount|budget|wert|betrag|auftragswert|valor|importe|presupuesto|valeur|\
         montant|montante|orcamento",
    ),
    (ImportTarget::Currency, "currency|wahrung|moneda|divisa|devise|moeda"),
    (
        ImportTarget::OptOut,
        "unsubscribed|opt out|opted out|opt out status|do not contact|abgemeldet|baja|desinscrit|desabonne|descadastrado",
    ),
    (ImportTarget::Campaign, "campaign|campaign name|kampagne|campana|campagne|campanha"),
    (
        ImportTarget::ReferredBy,
        "referred by|referrer|referral|empfohlen von|geworben von|recomendado por|recommande par|parraine par|indicado por",
    ),
    (ImportTarget::Form, "form|form name|formular|formulario|formulaire"),
    (ImportTarget::Ad, "ad|ad name|anzeige|anuncio|annonce"),
    (ImportTarget::UtmSource, "utm source"),
    (ImportTarget::UtmMedium, "utm medium"),
    (ImportTarget::UtmCampaign, "utm campaign"),
    (ImportTarget::UtmContent, "utm content"),
    (ImportTarget::UtmTerm, "utm term"),
    (ImportTarget::Gclid, "gclid|google click id"),
    (ImportTarget::Fbclid, "fbclid|meta click id"),
    (ImportTarget::CtwaClid, "ctwa clid"),
];

/// Whether these are the columns of our own export.
pub(crate) fn are_ours(headings: &[String]) -> bool {
    OURS.iter().all(|ours| headings.iter().any(|heading| heading == ours))
}

/// What each column is to become. No target is named twice: the first column keeps it.
pub(crate) fn guess(headings: &[String], fields: &[CustomField]) -> Vec<ImportTarget> {
    let is_ours = are_ours(headings);
    let mut targets: Vec<ImportTarget> = headings
        .iter()
        .map(|heading| {
            of_fields(heading, is_ours, fields).unwrap_or_else(|| match is_ours {
                true => of_ours(heading),
                false => of_others(heading),
            })
        })
        .collect();
    for place in 0..targets.len() {
        if targets[..place].contains(&targets[place]) {
            targets[place] = ImportTarget::Ignore;
        }
    }
    tell_names_apart(&mut targets);
    targets
}

/// The studio's own name for it goes before what others call so.
fn of_fields(heading: &str, is_ours: bool, fields: &[CustomField]) -> Option<ImportTarget> {
    let name = if is_ours { heading.strip_prefix(export::CUSTOM_HEADING)? } else { heading };
    let name = fold(name.trim());
    let mut in_use = fields.iter().filter(|field| !field.form.is_archived);
    in_use.find(|field| fold(field.form.name.trim()) == name).map(|field| ImportTarget::Custom(field.id))
}

fn of_ours(heading: &str) -> ImportTarget {
    let known = OUR_COLUMNS.iter().chain([&OUR_REFERRAL]).find(|(ours, _)| *ours == heading);
    known.map_or(ImportTarget::Ignore, |(_, target)| *target)
}

fn of_others(heading: &str) -> ImportTarget {
    let folded = fold(heading);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let heading = words.join(" ");
    let known = WORDS.iter().find(|(_, names)| names.split('|').any(|name| name == heading));
    known.map_or(ImportTarget::Ignore, |(target, _)| *target)
}

/// "Name" beside a first name is the last one ("Vorname, Name"), beside a last name the first ("Nombre, Apellidos").
fn tell_names_apart(targets: &mut [ImportTarget]) {
    let other = match [ImportTarget::FirstName, ImportTarget::LastName].map(|target| targets.contains(&target)) {
        [true, false] => ImportTarget::LastName,
        [false, true] => ImportTarget::FirstName,
        [true, true] | [false, false] => return,
    };
    if let Some(name) = targets.iter_mut().find(|target| **target == ImportTarget::Name) {
        *name = other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ImportTarget as T;

    fn guessed(line: &str) -> Vec<T> {
        guess(&line.split(';').map(str::to_owned).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn common_headings_of_five_languages_are_known() {
        for (headings, targets) in [
            ("Full Name;E-Mail Address;Mobile Phone;Lead Status", vec![T::Name, T::Email, T::Phone, T::Stage]),
            (
                "Vorname;Name;E-Mail;Handy;Währung;Wert",
                vec![T::FirstName, T::LastName, T::Email, T::Phone, T::Currency, T::Value],
            ),
            ("Nombre;Apellidos;Correo electrónico;Móvil", vec![T::FirstName, T::LastName, T::Email, T::Phone]),
            ("Nombre;Teléfono;Etiquetas;Observaciones", vec![T::Name, T::Phone, T::Tags, T::Notes]),
            ("Prénom;NOM;Courriel;Téléphone;Étape", vec![T::FirstName, T::LastName, T::Email, T::Phone, T::Stage]),
            ("Nome;Sobrenome;Telemóvel;Responsável", vec![T::FirstName, T::LastName, T::Phone, T::Owner]),
            ("name;first_name;last_name", vec![T::Name, T::FirstName, T::LastName]),
            ("utm_source;UTM-Campaign;gclid", vec![T::UtmSource, T::UtmCampaign, T::Gclid]),
            ("Unsubscribed;Shoe size;;id", vec![T::OptOut, T::Ignore, T::Ignore, T::Ignore]),
        ] {
            assert_eq!(guessed(headings), targets, "{headings}");
        }
    }

    #[test]
    fn no_target_is_guessed_twice() {
        assert_eq!(guessed("Phone;Mobile;Tel"), [T::Phone, T::Ignore, T::Ignore]);
        assert_eq!(guessed("Client;Name;Surname"), [T::FirstName, T::Ignore, T::LastName]);
    }

    #[test]
    fn a_state_is_one_of_ours_only_in_our_own_file() {
        assert_eq!(guessed("name;state;city"), [T::Name, T::Ignore, T::Ignore]);
        let ours: Vec<String> = export::columns().iter().map(|column| (*column).to_owned()).collect();
        let targets = guess(&ours, &[]);
        for (target, column) in [(T::State, "state"), (T::Campaign, "first_touch_campaign"), (T::Ignore, "campaign")] {
            assert_eq!(ours.iter().position(|ours| ours == column).map(|place| targets[place]), Some(target));
        }
        let taken = targets.iter().filter(|target| **target != T::Ignore).count();
        assert_eq!(taken, OUR_COLUMNS.len() + 1, "all of them are there");
    }

    #[test]
    fn no_word_means_two_things() {
        let mut seen = std::collections::HashMap::new();
        for (target, names) in WORDS {
            for name in names.split('|') {
                assert_eq!(seen.insert(name, target), None, "{name}");
                assert_eq!(of_others(name), target, "{name} is folded");
            }
        }
    }
}
