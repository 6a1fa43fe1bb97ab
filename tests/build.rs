//! Where the libzstd is that this program is built with: the reader in C is built with it, too.

fn main() {
    for (from, to) in [("DEP_ZSTD_ROOT", "ARRSTORE_ZSTD_ROOT"), ("DEP_ZSTD_INCLUDE", "ARRSTORE_ZSTD_INCLUDE")]
    {
        if let Ok(place) = std::env::var(from) {
            println!("cargo::rustc-env={to}={place}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
}
