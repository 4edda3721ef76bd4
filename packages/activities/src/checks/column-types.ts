/** Families of DuckDB's types. */
export const isText = (type: string) => type === 'VARCHAR';
export const isFloating = (type: string) => type === 'DOUBLE' || type === 'FLOAT';
export const isInteger = (type: string) => /^U?(TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/.test(type);
export const isNumber = (type: string) => isFloating(type) || isInteger(type) || isDecimal(type);
const isDecimal = (type: string) => /^DECIMAL\(\d+,\d+\)$/.test(type); // and not a list of them
export const isTime = (type: string) => /^(DATE|TIME|TIMESTAMP)(_(S|MS|NS))?( WITH TIME ZONE)?$/.test(type);

const aliases: Readonly<Record<string, string>> = {
  BOOL: 'BOOLEAN',
  FLOAT4: 'FLOAT',
  FLOAT8: 'DOUBLE',
  INT: 'INTEGER',
  INT4: 'INTEGER',
  INT8: 'BIGINT',
  INT2: 'SMALLINT',
  INT1: 'TINYINT',
  LONG: 'BIGINT',
  NUMERIC: 'DECIMAL',
  REAL: 'FLOAT',
  SHORT: 'SMALLINT',
  STRING: 'VARCHAR',
  TEXT: 'VARCHAR',
  TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE',
};

/** Whether a column's type is of a name that a check gives: a type, an alias of one, or a family. */
export function isOfType(type: string, wanted: string): boolean {
  switch (wanted.toLowerCase()) {
    case 'number':
      return isNumber(type);
    case 'integer':
      // DuckDB's own INTEGER has 32 bits; in capitals it is meant.
      return wanted === 'INTEGER' ? type === 'INTEGER' : isInteger(type);
    case 'text':
      return isText(type);
    case 'time':
      return wanted === 'TIME' ? type === 'TIME' : isTime(type);
  }
  const name = wanted.toUpperCase().replace(/\s*,\s*/g, ',');
  const full = aliases[name] ?? name;
  return type.toUpperCase() === full || (full === 'DECIMAL' && isDecimal(type));
}
