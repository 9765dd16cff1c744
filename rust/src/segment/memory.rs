//! Asking for memory before it is needed.

/// Have the line of the cache that holds it there soon, without waiting for it.
#[inline(always)]
pub fn ask_for<T>(it: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(it);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = it;
}
