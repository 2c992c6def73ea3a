/** Devices that stay in the body, for a few (US Core 6.1.0 Implantable Device), and the procedures that put them there. */
import { addDays, addYears } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { snomed } from './datatypes.ts';
import { ageOn } from './person.ts';
import { practitionerOf } from './practitioners.ts';
import { addProcedure } from './procedures.ts';

const devices = [
  {
    type: snomed('14106009', 'Cardiac pacemaker'),
    procedure: snomed('307280005', 'Implantation of cardiac pacemaker'),
    suits: (age: number, woman: boolean) => age > 70 && (woman || age > 72),
    item: '09504000059118',
  },
  {
    type: snomed('268460000', 'Intrauterine contraceptive device'),
    procedure: snomed('65200003', 'Insertion of intrauterine contraceptive device'),
    suits: (age: number, woman: boolean) => woman && age > 22 && age < 44,
    item: '09504000059125',
  },
] as const;

/** Adds an implant for a few of those whom one suits. */
export function addDevice(chart: Chart): void {
  const { person, random } = chart;
  const fitting = devices.find(({ suits }) => suits(ageOn(person, person.end), person.gender === 'female'));
  if (!fitting || !random.chance(0.25)) return;
  const date = addDays(person.start, random.integer(10, 300));
  if (date >= person.end) return;
  const serial = String(7000000 + person.number);
  const expirationDate = addYears(date, 10);
  addProcedure(chart, {
    code: fitting.procedure,
    date,
    performer: practitionerOf(fitting === devices[0] ? 'cardiology' : 'obstetrics'),
  });
  const short = (day: string): string => day.slice(2).replaceAll('-', '');
  chart.add({
    resourceType: 'Device',
    id: chart.id('device', '1'),
    meta: metaOf('us-core-implantable-device'),
    udiCarrier: [
      {
        deviceIdentifier: fitting.item,
        carrierHRF: `(01)${fitting.item}(11)${short(addYears(date, -1))}(17)${short(expirationDate)}(10)L${serial}(21)${serial}`,
      },
    ],
    status: 'active',
    distinctIdentifier: `D${serial}`,
    manufactureDate: addYears(date, -1),
    expirationDate,
    lotNumber: `L${serial}`,
    serialNumber: serial,
    type: fitting.type,
    patient: chart.subject,
  });
}
