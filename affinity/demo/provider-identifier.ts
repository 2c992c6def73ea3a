/** National Provider Identifiers that nobody holds: they begin with 9, and their check digit is right (45 CFR 162.406; US Core us-core-16, us-core-17). */

const NPI = 'http://hl7.org/fhir/sid/us-npi';

/** The Luhn check digit of a number, as an NPI computes it: with the prefix 80840. */
function checkDigit(digits: string): number {
  const sum = [...`80840${digits}`].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return (10 - (sum % 10)) % 10;
}

/** An identifier with the NPI of fictitious provider number `number`, below 100 million. */
export function providerIdentifier(number: number) {
  const digits = `9${String(number).padStart(8, '0')}`;
  return { system: NPI, value: `${digits}${checkDigit(digits)}` };
}
