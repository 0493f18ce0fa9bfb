// vhd-lib.cjs content FILE: writes the disk in a VHD to the standard output.
// vhd-lib.cjs merge PARENT CHILD: checks the child's chain, then merges the child into its parent.
'use strict';

const { pipeline } = require('stream/promises');
const vhd = require('vhd-lib');
const handler = require('./handler.cjs');

async function main([command, ...files]) {
  switch (command) {
    case 'content':
      await pipeline(await vhd.createContentStream(handler, files[0]), process.stdout);
      break;
    case 'merge':
      await vhd.checkVhdChain(handler, files[1]);
      await vhd.mergeVhd(handler, files[0], handler, files[1]);
      break;
    default:
      throw new Error(`unknown command ${command}`);
  }
}

main(process.argv.slice(2)).catch(error => {
  console.error(error.stack);
  process.exitCode = 2;
});
