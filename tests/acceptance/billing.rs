//! What the studio pays: from the operator's hand to the desks of those who may see it, and to no other.

use anyhow::Context;
use desk::view::{Changed, DeskEvent};
use desk::{DeskError, ErrorCode, ErrorView};
use domain::{Invoice, InvoiceStatus, Permission, Recording, Role, Standing, SubscriptionStatus};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use store::Cache;
use testkit::{PASSPHRASE, Size, TestDesk, TestServer};
use vault::Vault;
use wire::changes::Row;

use crate::manager;

const SMALL: Size = Size { leads: 20, messages: 60 };

/// The demo's invoices, the newest first.
fn demo_invoices(server: &TestServer) -> Vec<Invoice> {
    let invoices =
        server.rows.iter().filter_map(|row| if let Row::Invoice(invoice) = row { Some(invoice) } else { None });
    let mut invoices: Vec<Invoice> = invoices.map(|invoice| (**invoice).clone()).collect();
    invoices.sort_by_key(|invoice| std::cmp::Reverse((invoice.issued_at, invoice.id)));
    invoices
}

/// A new invoice, the `n`th, that the operator records from another program.
async fn bill(server: &TestServer, n: u16) -> anyhow::Result<Invoice> {
    let operator = server::Admin::open_dir(server.data_dir()).await?;
    let newest = demo_invoices(server).remove(0);
    let next = newest.period_end.plus_ms(1);
    let invoice = Invoice {
        id: operator.new_invoice_id(),
        invoice_id: format!("in_1QbHkzLkdIwHu7ixl4Ozz{n}").try_into()?,
        number: Some(format!("LUMEN-2-{n}").try_into()?),
        status: InvoiceStatus::Open,
        issued_at: next,
        period_start: next,
        period_end: next.plus_ms(30 * 86_400_000),
        paid_minor: 0,
        payment_id: None,
        as_of: next,
        ..newest
    };
    anyhow::ensure!(operator.record_invoice(server.studio.id, invoice.clone()).await? == Recording::Replace);
    operator.settled().await;
    Ok(invoice)
}

/// Waits until the desk is told of changes that `are` so, perhaps of earlier ones: look, and wait again.
async fn wait_for(desk: &mut TestDesk, what: &str, are: fn(&Changed) -> bool) -> anyhow::Result<()> {
    desk.wait_for_event(what, |event| matches!(event, DeskEvent::Changed(changed) if are(changed))).await?;
    Ok(())
}

/// What is in the cache itself, past the desk and its rules.
fn cached(desk: &TestDesk) -> anyhow::Result<(bool, Vec<Invoice>)> {
    let file = desk.cache_file()?;
    let vault = Vault::open_envelope(&file.with_file_name("vault.json"), &SecretString::from(PASSPHRASE))?;
    let cache = Cache::open(&file, &vault.find_cache_key()?.context("a key")?)?;
    let held = (cache.find_subscription()?.is_some(), cache.list_invoices()?);
    cache.close()?;
    Ok(held)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_the_operator_records_is_on_the_owners_desk_also_offline() -> anyhow::Result<()> {
    let server = TestServer::start(SMALL).await?;
    let mut desk = TestDesk::signed_in(&server, server.member(Role::Owner)?).await?;
    desk.wait_until_synced().await?;
    assert!(desk.desk.session().await?.permissions.contains(&Permission::ViewBilling));
    let before = desk.desk.billing().await?;
    let subscription = before.subscription.context("the demo has one")?;
    assert_eq!((subscription.standing, subscription.subscription.status), (Standing::Good, SubscriptionStatus::Active));
    assert_eq!(before.invoices, demo_invoices(&server));

    let invoice = bill(&server, 1).await?;
    let mut shown = desk.desk.billing().await?;
    while shown.invoices.len() == before.invoices.len() {
        wait_for(&mut desk, "the invoice", |changed| changed.billing).await?;
        shown = desk.desk.billing().await?;
    }
    assert_eq!((shown.invoices.len(), &shown.invoices[0]), (before.invoices.len() + 1, &invoice));

    server.wire().unplug();
    let desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(desk.desk.billing().await?, shown, "what it knows it knows without a network");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_whose_role_may_not_see_it_never_has_it() -> anyhow::Result<()> {
    let server = TestServer::start(SMALL).await?;
    for (n, role) in [(1, Role::Manager), (2, Role::Sales)] {
        let mut desk = TestDesk::signed_in(&server, server.member(role)?).await?;
        desk.wait_until_synced().await?;
        bill(&server, n).await?;
        // A change that it is told of comes after the invoice: what it would be told of that it has been.
        let colleague = server.colleague(manager(&server)).await?;
        let lead = desk.desk.lead_page(crate::first_sync::newest_first(), 0, 1).await?.rows.remove(0).id;
        let notes = format!("seen by {role:?}");
        colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &json!({"notes": notes})).await?;
        while desk.desk.get_lead_detail(lead).await?.lead.notes != notes {
            wait_for(&mut desk, "the change", |changed| changed.leads).await?;
        }

        assert!(!desk.desk.session().await?.permissions.contains(&Permission::ViewBilling));
        let refused = desk.desk.billing().await.expect_err("not for this role");
        assert!(matches!(refused, DeskError::Forbidden(Permission::ViewBilling)), "{refused}");
        assert_eq!(ErrorView::from(refused).code, ErrorCode::NotFound);
        assert_eq!(cached(&desk)?, (false, vec![]), "{role:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_role_it_comes_to_the_desk_and_goes_from_its_cache() -> anyhow::Result<()> {
    let server = TestServer::start(SMALL).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let owner = server.colleague(server.member(Role::Owner)?).await?;
    let path = format!("/v1/members/{}", manager(&server).id);
    assert_eq!(cached(&desk)?, (false, vec![]));

    owner.send(Method::PATCH, &path, &json!({"role": "admin"})).await?;
    while cached(&desk)? != (true, demo_invoices(&server)) {
        wait_for(&mut desk, "what the studio pays", |changed| changed.billing).await?;
    }
    while desk.desk.billing().await.is_err() {
        wait_for(&mut desk, "the role", |changed| changed.studio).await?;
    }

    owner.send(Method::PATCH, &path, &json!({"role": "manager"})).await?;
    while cached(&desk)? != (false, vec![]) {
        wait_for(&mut desk, "that it is to be forgotten", |changed| changed.billing).await?;
    }
    assert_eq!(desk.desk.lead_count(store::read::LeadFilter::default()).await?, SMALL.leads, "and nothing else");
    while desk.desk.session().await?.permissions.contains(&Permission::ViewBilling) {
        wait_for(&mut desk, "the role", |changed| changed.studio).await?;
    }
    assert!(desk.desk.billing().await.is_err());
    Ok(())
}
