//! Everything that the app can ask a cache.

use domain::{ConversationId, LeadId};
use store::read::{Folder, LeadColumn, LeadFilter, LeadQuery, LeadSort, MessageAnchor, SearchResults};
use store::{Cache, StoreError};

/// Words that texts of the workload have, some of them whole, some of them beginnings.
const SEARCHED: [&str; 4] = ["saturday", "课程", "lind", "no"];
/// Hits of each search. Small, because each takes its time where nothing is optimised.
const HITS: u32 = 20;

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Identity,
    SyncState,
    Studio,
    Members,
    Stages,
    Tags,
    Audit,
    Views,
    Leads(LeadColumn),
    Lead(LeadId),
    Conversations,
    Thread(ConversationId),
    Search(&'static str),
}

/// All questions that there are for this cache.
///
/// # Errors
/// What the cache says.
pub fn list(cache: &Cache) -> Result<Vec<Question>, StoreError> {
    use LeadColumn::{CreatedAt, LastActivityAt, Name, Owner, Source, Stage, Value};
    use Question::{Audit, Conversations, Identity, Members, Stages, Studio, SyncState, Tags, Views};
    let mut questions = vec![Identity, SyncState, Studio, Members, Stages, Tags, Audit, Views, Conversations];
    questions.extend([Name, Stage, Owner, Source, Value, CreatedAt, LastActivityAt].map(Question::Leads));
    questions.extend(cache.lead_page(&by(Name), 0, u32::MAX)?.rows.iter().map(|row| Question::Lead(row.id)));
    let conversations = cache.conversation_page(Folder::Open, 0, u32::MAX)?.rows;
    questions.extend(conversations.iter().map(|row| Question::Thread(row.id)));
    questions.extend(SEARCHED.map(Question::Search));
    Ok(questions)
}

/// The answer, as text.
///
/// # Errors
/// What the cache says.
pub fn ask(cache: &Cache, question: Question) -> Result<String, StoreError> {
    let answer = match question {
        Question::Identity => return Ok(format!("{:?}", cache.identity()?)),
        Question::SyncState => return Ok(format!("{:?}", cache.sync_state()?)),
        Question::Studio => serde_json::to_string(&cache.find_studio()?),
        Question::Members => serde_json::to_string(&cache.list_members()?),
        Question::Stages => serde_json::to_string(&cache.list_stages()?),
        Question::Tags => serde_json::to_string(&cache.list_tags()?),
        Question::Audit => serde_json::to_string(&cache.list_unsent_audit(u32::MAX)?),
        Question::Views => {
            let views = cache.list_views()?;
            serde_json::to_string(&views.iter().map(|view| (view.id, &view.name, &view.query)).collect::<Vec<_>>())
        }
        Question::Leads(column) => serde_json::to_string(&cache.lead_page(&by(column), 0, u32::MAX)?),
        Question::Lead(id) => serde_json::to_string(&cache.get_lead_detail(id)?),
        Question::Conversations => serde_json::to_string(&cache.conversation_page(Folder::Open, 0, u32::MAX)?),
        Question::Thread(id) => {
            serde_json::to_string(&cache.message_page(id, MessageAnchor::Newest, u32::MAX, None)?)
        }
        // How long it took is another answer each time.
        Question::Search(words) => {
            serde_json::to_string(&SearchResults { elapsed_us: 0, ..cache.search(words, HITS)? })
        }
    };
    Ok(answer.expect("answers are made of lists, strings and numbers"))
}

fn by(column: LeadColumn) -> LeadQuery {
    LeadQuery { filter: LeadFilter::default(), sort: LeadSort { column, descending: false } }
}
