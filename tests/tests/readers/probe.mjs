import zlib from "node:zlib";
import { createRequire } from "node:module";
if (!zlib.zstdDecompressSync) createRequire(`${process.cwd()}/`)("fzstd");
