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
    let work = || {
        let mut tools = start();
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(batch, Ordering::Relaxed);
            if from >= total {
                return done;
            }
            done.extend((from..(from + batch).min(total)).map(|number| (number, ask(&mut tools, number))));
        }
    };
    let jobs = jobs.clamp(1, total.div_ceil(batch).max(1));
    let mut all: Vec<(usize, T)> = Vec::with_capacity(total);
    if jobs == 1 {
        all = work();
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                match worker.join() {
                    Ok(done) => all.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        all.sort_unstable_by_key(|(number, _)| *number);
    }
    all.into_iter().map(|(_, one)| one).collect()
}
