// What vhd-lib calls a handler: files below the root directory, by path or by what openFile gave.
'use strict';

const fs = require('fs').promises;

const pathOf = name => '/' + name.replace(/^\/+/, '');

async function withFile(file, flags, use) {
  if (typeof file !== 'string') {
    return use(file);
  }

  const opened = await fs.open(pathOf(file), flags);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

module.exports = {
  openFile: (path, flags) => fs.open(pathOf(path), flags),
  closeFile: file => file.close(),
  getSize: file => withFile(file, 'r', async opened => (await opened.stat()).size),
  read: (file, buffer, position) => withFile(file, 'r', opened => opened.read(buffer, 0, buffer.length, position)),
  write: (file, buffer, position) => withFile(file, 'r+', opened => opened.write(buffer, 0, buffer.length, position)),
};
