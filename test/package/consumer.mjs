// What a newcomer writes first: a program of its own, in a project of its own, that imports the published package.
import * as millrace from 'millrace';

console.log(Object.keys(millrace).length > 0);
