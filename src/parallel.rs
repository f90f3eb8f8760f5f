//! Work in parallel whose outcome does not depend on the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// `ask` for each number below `total`, in their order. Workers take `batch` numbers at a time from a shared counter, each
/// with tools of its own that `start` makes.
pub(crate) fn in_order<W, T: Send>(
    total: usize,
    batch: usize,
    jobs: usize,
    start: impl Fn() -> W + Sync,
    ask: impl Fn(&mut W, usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    // Batches with the number of the first in each: few and small, so that putting them in order moves little.
    let work = || {
        let mut tools = start();
        let mut done: Vec<(usize, Vec<T>)> = Vec::new();
        loop {
            let from = next.fetch_add(batch, Ordering::Relaxed);
            if from >= total {
                return done;
            }
            done.push((from, (from..(from + batch).min(total)).map(|number| ask(&mut tools, number)).collect()));
        }
    };
    let jobs = jobs.clamp(1, total.div_ceil(batch).max(1));
    if jobs == 1 {
        return work().into_iter().flat_map(|(_, batch)| batch).collect();
    }
    let mut batches: Vec<(usize, Vec<T>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs).map(|_| scope.spawn(work)).collect();
        let mut batches = work();
        for worker in others {
            match worker.join() {
                Ok(done) => batches.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        batches
    });
    batches.sort_unstable_by_key(|(from, _)| *from);
    let mut all = Vec::with_capacity(total);
    for (_, batch) in batches {
        all.extend(batch);
    }
    all
}
