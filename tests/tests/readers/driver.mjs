// Tells what each file holds whose path comes in, as a line of JSON, or why it is refused.
import fs from "node:fs";
import { pathToFileURL } from "node:url";
const arrs = await import(pathToFileURL(`${process.cwd()}/arrs.mjs`));

const most = BigInt(process.env.ARRSTORE_MOST);
const few = (lengths) => lengths.reduce((product, n) => product * BigInt(n), 1n) <= most;

function told(file, name) {
  const array = file.array(name);
  const grid = array.shape.map((n, k) => (BigInt(n) + BigInt(array.chunks[k]) - 1n) / BigInt(array.chunks[k]));
  const whole = few(array.shape) && few(array.chunks) && few(grid);
  if (!whole) return { sha256: null, ...arrs.describe(array) };
  let all;
  try {
    all = array.read();
  } catch (error) {
    if (!(error instanceof arrs.Unsupported) || array.codec !== "pco") throw error;
    return { sha256: "unsupported", ...arrs.describe(array) };
  }
  const region = array.shape.map((n) => [Math.floor(n / 3), n - Math.floor(n / 4)]);
  const part = array.read(region), width = all.data.length / all.shape.reduce((product, n) => product * n, 1) || 1;
  for (let k = 0; k < part.data.length; k++) {
    let left = Math.floor(k / width), at = 0, stride = 1;
    for (let axis = array.shape.length - 1; axis >= 0; axis--) {
      at += (region[axis][0] + (left % part.shape[axis])) * stride;
      left = Math.floor(left / part.shape[axis]);
      stride *= array.shape[axis];
    }
    if (!Object.is(part.data[k], all.data[at * width + (k % width)])) throw new Error(`${array.name}: region ${region}`);
  }
  return arrs.describe(array, all);
}

for (const path of fs.readFileSync(0, "utf8").split("\n").slice(0, -1)) {
  try {
    const file = arrs.File.open(path);
    try {
      console.log(arrs.json(arrs.inventory(file, told)));
    } finally {
      file.close();
    }
  } catch (error) {
    if (!(error instanceof arrs.ArrsError)) throw error;
    console.log(JSON.stringify({ refused: String(error) }));
  }
}
