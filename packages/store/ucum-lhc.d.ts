/** What we use of the library that knows UCUM, which ships no types (github.com/lhncbc/ucum-lhc, `convertToBaseUnits`). */
declare module '@lhncbc/ucum-lhc' {
  interface BaseUnits {
    /** `succeeded`, `failed` (a unit that has no base units, such as an arbitrary one), `invalid`, `error` */
    readonly status: string;
    readonly magnitude?: number;
    /** exponent by base unit */
    readonly unitToExp?: Readonly<Record<string, number>>;
    readonly fromUnitIsSpecial?: boolean;
  }
  interface Ucum {
    convertToBaseUnits(unit: string, value: number): BaseUnits;
  }
  const library: { readonly UcumLhcUtils: { getInstance(): Ucum } };
  export default library;
}
