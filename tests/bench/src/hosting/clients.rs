//! Many things at a time.

use anyhow::Result;
use tokio::task::JoinSet;

/// Does `work` with each item, so many at a time; what came of each, in the order of the items.
///
/// # Errors
/// The first that failed.
pub(super) async fn each<I, T, F>(items: Vec<I>, at_a_time: usize, work: impl Fn(I) -> F) -> Result<Vec<T>>
where
    I: Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut done = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        if running.len() >= at_a_time
            && let Some(one) = running.join_next().await
        {
            done.push(one??);
        }
        let work = work(item);
        running.spawn(async move { Ok::<_, anyhow::Error>((place, work.await?)) });
    }
    while let Some(one) = running.join_next().await {
        done.push(one??);
    }
    done.sort_unstable_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn results_keep_the_order_of_the_items_and_a_failure_ends_it() {
        let doubled = each((0..10).collect(), 3, |n: u32| async move { Ok(2 * n) }).await.expect("done");
        assert_eq!(doubled, (0..10).map(|n| 2 * n).collect::<Vec<_>>());
        assert!(
            each(vec![1, 2], 1, |n: u32| async move {
                anyhow::ensure!(n == 1);
                Ok(())
            })
            .await
            .is_err()
        );
    }
}
