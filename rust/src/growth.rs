//! Work that may grow with the bytes that are read, but not with their square.
//!
//! No test reads a clock. `bench/growth.py` runs the tests whose names begin with `growth_` under valgrind, which counts
//! the instructions of each call of `counted_work`. The other tests leave them out.

/// The bytes of the shorter of two inputs; the longer has twice as many.
const SHORT: usize = 1 << 12;

/// Print a label, then do the work on an input and on one of twice the length. `prepare` makes the work on so many bytes.
pub fn count<W: FnOnce()>(label: &str, mut prepare: impl FnMut(usize) -> W) {
    // What the first call alone does, such as filling caches, is no growth.
    prepare(SHORT)();
    println!("growth of {label}");
    for bytes in [SHORT, 2 * SHORT] {
        let mut work = Some(prepare(bytes));
        counted_work(&mut || work.take().expect("called once")());
    }
}

#[inline(never)]
fn counted_work(work: &mut dyn FnMut()) {
    work();
    // The call is no last one, or it would become a jump, and valgrind would not see the end.
    std::hint::black_box(());
}
