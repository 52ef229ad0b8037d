//! Export: every lead, every column, safe to open, private, audited, and whole or absent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use desk::view::{DeskEvent, ExportFormat, ExportProgress, ExportRequest, ExportScope, ExportState};
use desk::{DeskError, ErrorCode, ErrorView};
use domain::{Permission, Role};
use store::read::LeadColumn;
use testkit::{TestDesk, TestServer};
use wire::changes::Row;

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

async fn synced_desk() -> anyhow::Result<(TestServer, TestDesk)> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    Ok((server, desk))
}

/// Exports and waits for the end.
pub(crate) async fn export(
    desk: &mut TestDesk,
    format: ExportFormat,
    scope: ExportScope,
    path: &Path,
) -> anyhow::Result<ExportProgress> {
    let id = desk.desk.start_export(ExportRequest { format, scope }, path.to_owned()).await?;
    let is_end = |event: &DeskEvent| {
        matches!(event, DeskEvent::ExportProgressed(progress)
            if progress.export_id == id && progress.state != ExportState::Running)
    };
    match desk.wait_for_event("the end of the export", is_end).await? {
        DeskEvent::ExportProgressed(progress) => Ok(progress),
        other => anyhow::bail!("{other:?}"),
    }
}

fn target() -> anyhow::Result<(tempfile::TempDir, PathBuf)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("leads.csv");
    Ok((dir, path))
}

/// Rows of a CSV file by the lead's id.
fn read_csv(path: &Path) -> anyhow::Result<BTreeMap<String, BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut rows = BTreeMap::new();
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row?;
        rows.insert(row["id"].clone(), row);
    }
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_of_all_leads_holds_each_of_them_offline_too() -> anyhow::Result<()> {
    let (server, mut desk) = synced_desk().await?;
    server.wire().unplug();
    let (_dir, path) = target()?;
    let progress = export(&mut desk, ExportFormat::Csv, ExportScope::All, &path).await?;
    assert_eq!((&progress.state, progress.rows_done), (&ExportState::Done, STUDIO.leads));
    assert_eq!(progress.size_bytes, std::fs::metadata(&path)?.len());
    let rows = read_csv(&path)?;
    assert_eq!(rows.len() as u64, STUDIO.leads);
    for row in &server.rows {
        let Row::Lead(lead) = row else { continue };
        let written = &rows[&lead.id.to_string()];
        assert_eq!(export::formula::unescape_cell(&written["name"]), lead.name);
        assert_eq!(export::formula::unescape_cell(&written["notes"]), lead.notes);
        assert!(written.contains_key("opt_out_status") && written.contains_key("consent_marketing"));
        for cell in written.values() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "a formula: {cell:?}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_and_a_selection_export_what_they_show_in_their_order() -> anyhow::Result<()> {
    let (_server, mut desk) = synced_desk().await?;
    let (_dir, path) = target()?;
    let mut view = newest_first();
    view.sort.column = LeadColumn::Name;
    view.filter.stages = vec![desk.desk.session().await?.stages[0].id];
    let shown: Vec<String> =
        desk.desk.lead_page(view.clone(), 0, 500).await?.rows.iter().map(|row| row.id.to_string()).collect();
    assert!(!shown.is_empty() && (shown.len() as u64) < STUDIO.leads, "the filter lets some through");
    export(&mut desk, ExportFormat::Csv, ExportScope::View(view), &path).await?;
    let written: Vec<String> =
        csv::Reader::from_path(&path)?.records().map(|row| Ok(row?[0].to_owned())).collect::<anyhow::Result<_>>()?;
    assert_eq!(written, shown);

    let three: Vec<_> = desk.desk.lead_page(newest_first(), 7, 3).await?.rows.iter().map(|row| row.id).collect();
    export(&mut desk, ExportFormat::Json, ExportScope::Selection(three.clone()), &path).await?;
    let json: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&path)?)?;
    let written: Vec<String> = json.iter().map(|lead| lead["id"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(written, three.iter().map(ToString::to_string).collect::<Vec<_>>());

    let progress = export(&mut desk, ExportFormat::Xlsx, ExportScope::All, &path).await?;
    assert_eq!((progress.state, progress.rows_done), (ExportState::Done, STUDIO.leads));
    assert_eq!(&std::fs::read(&path)?[..2], b"PK");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_may_not_export() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, server.member(Role::Sales)?).await?;
    desk.wait_until_synced().await?;
    let (_dir, path) = target()?;
    let request = ExportRequest { format: ExportFormat::Csv, scope: ExportScope::All };
    let refused = desk.desk.start_export(request, path.clone()).await.err();
    assert!(matches!(refused, Some(DeskError::Forbidden(Permission::ExportLeads))), "{refused:?}");
    assert!(!path.exists());
    // What the window mirrors is the matrix of the domain.
    assert_eq!(desk.desk.session().await?.permissions, Role::Sales.permissions());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_audited_on_the_server_even_if_it_was_made_offline() -> anyhow::Result<()> {
    let (server, mut desk) = synced_desk().await?;
    let before = server.admin().count_audit(server.studio.id).await?;
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == desk::view::Connection::Offline).await?;
    let (_dir, path) = target()?;
    export(&mut desk, ExportFormat::Csv, ExportScope::All, &path).await?;
    assert_eq!(server.admin().count_audit(server.studio.id).await?, before, "the control: nothing can have arrived");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    let deadline = std::time::Instant::now() + testkit::PATIENCE;
    while server.admin().count_audit(server.studio.id).await? == before {
        assert!(std::time::Instant::now() < deadline, "the audit entry did not arrive");
        tokio::task::yield_now().await;
    }
    assert_eq!(server.admin().count_audit(server.studio.id).await?, before + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_can_not_be_finished_leaves_the_old_file() -> anyhow::Result<()> {
    let (_server, mut desk) = synced_desk().await?;
    let (dir, path) = target()?;
    // The cancel may come too late; then the file is whole. It comes in time at least once.
    let mut were_cancelled = 0;
    for _ in 0..10 {
        std::fs::write(&path, "what was there")?;
        let request = ExportRequest { format: ExportFormat::Xlsx, scope: ExportScope::All };
        let id = desk.desk.start_export(request, path.clone()).await?;
        desk.desk.cancel_export(id);
        let ended = desk
            .wait_for_event("the end", |event| {
                matches!(event, DeskEvent::ExportProgressed(progress) if progress.state != ExportState::Running)
            })
            .await?;
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1, "no temporary file is left");
        match ended {
            DeskEvent::ExportProgressed(progress) if progress.state == ExportState::Cancelled => {
                assert_eq!(std::fs::read_to_string(&path)?, "what was there");
                were_cancelled += 1;
            }
            _ => assert_eq!(&std::fs::read(&path)?[..2], b"PK"),
        }
    }
    assert!(were_cancelled > 0, "no export was cancelled in time");
    let nowhere = dir.path().join("no such folder").join("leads.csv");
    let progress = export(&mut desk, ExportFormat::Csv, ExportScope::All, &nowhere).await?;
    assert!(
        matches!(&progress.state, ExportState::Failed(ErrorView { code: ErrorCode::ExportFailed, .. })),
        "{:?}",
        progress.state
    );
    Ok(())
}
