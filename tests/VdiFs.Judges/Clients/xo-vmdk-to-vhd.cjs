// xo-vmdk-to-vhd.cjs VMDK LENGTH VHD: makes a VHD of a VMDK and writes the first LENGTH bytes of the disk in it to the
// standard output. The VHD's disk is longer, as its size is rounded up to a geometry: the rest must be zeros.
'use strict';

const fs = require('fs');
const { pipeline } = require('stream/promises');
const { default: convert, readVmdkGrainTable } = require('xo-vmdk-to-vhd');
const vhd = require('vhd-lib');
const handler = require('./handler.cjs');

// As the browser's File.slice, which the import of Xen Orchestra is written for: negative offsets count from the end.
async function slice(file, start, end) {
  const { size } = await file.stat();
  const [from, to] = [start, end].map(offset => (offset < 0 ? size + offset : offset));
  const buffer = Buffer.alloc(Math.max(0, Math.min(to, size) - from));
  await file.read(buffer, 0, buffer.length, from);
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);
}

async function* firstBytes(stream, length) {
  for await (const chunk of stream) {
    const rest = chunk.subarray(Math.min(length, chunk.length));
    if (rest.some(byte => byte !== 0)) {
      throw new Error('there is data behind the end of the disk');
    }

    yield chunk.subarray(0, Math.min(length, chunk.length));
    length -= Math.min(length, chunk.length);
  }

  if (length > 0) {
    throw new Error(`the VHD lacks the disk's last ${length} bytes`);
  }
}

async function main([vmdk, length, target]) {
  const file = await fs.promises.open(vmdk, 'r');
  const table = await readVmdkGrainTable((start, end) => slice(file, start, end));
  await file.close();
  const { grainLogicalAddressList, grainFileOffsetList } = table;
  const made = await convert(fs.createReadStream(vmdk), grainLogicalAddressList, grainFileOffsetList);
  await pipeline(made, fs.createWriteStream(target));
  const content = await vhd.createContentStream(handler, target);
  await pipeline(firstBytes(content, Number(length)), process.stdout);
}

main(process.argv.slice(2)).catch(error => {
  console.error(error.stack);
  process.exitCode = 2;
});
