//! Loading memory into the cache before it is needed.

/// Start loading the cache line that holds `it`, without waiting for it.
#[inline(always)]
pub fn prefetch<T>(it: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(it);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = it;
}
