"use strict";

// The names of fields are the API's with a small first letter: `invokeId` is `InvokeId`.
const toPascal = (name) => name[0].toUpperCase() + name.slice(1);
const toCamel = (name) => name[0].toLowerCase() + name.slice(1);

/** The fields whose text or bytes travel in Base64. */
const IN_BASE64 = new Set(["output", "append"]);

const isBytes = (value) => typeof value === "string" || value instanceof Uint8Array;
const isObject = (value) => typeof value === "object" && value !== null;

/** A time in the API's form. An invalid one is left to the emulator, whose error names the field. */
function time(date) {
  return Number.isNaN(date.getTime()) ? String(date) : date.toISOString().replace(/\.\d+Z$/, "Z");
}

/**
 * Fields in the API's names and values. A value of a wrong type stays as it is: the emulator refuses
 * it, and names the field.
 */
function toApi(value, name) {
  if (IN_BASE64.has(name) && isBytes(value)) return Buffer.from(value).toString("base64");
  if (value instanceof Date) return time(value);
  if (Array.isArray(value)) return value.map((item) => toApi(item));
  if (!isObject(value)) return value;
  return mapped(value, (name, field) => [toPascal(name), toApi(field, name)]);
}

/** An answer in the names of this package. */
function fromApi(value) {
  if (Array.isArray(value)) return value.map(fromApi);
  if (!isObject(value)) return value;
  return mapped(value, (name, field) => [toCamel(name), fromApi(field)]);
}

function mapped(fields, map) {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => map(name, field)));
}

module.exports = { fromApi, toApi };
