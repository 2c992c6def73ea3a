/**
 * The demonstration's own extension: the sensor that a glucose reading came from. An extension, a profile of Observation that
 * needs it and that the clinic enforces, the places where a sensor is worn, and a search by its serial number. FHIR R4 profiling.html.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Manifest } from '@affinity/registry/packages/manifest.ts';

const canonical = 'https://affinity.example/fhir';
const version = '1.0.0';
const common = { version, status: 'active', date: '2026-01-15', publisher: 'The demonstration of Affinity' };

export const sensorExtension = `${canonical}/StructureDefinition/glucose-sensor`;
export const sensorReading = `${canonical}/StructureDefinition/glucose-sensor-reading`;
const sites = `${canonical}/CodeSystem/glucose-sensor-site`;
const siteValues = `${canonical}/ValueSet/glucose-sensor-site`;

export const glucoseSensorPackage: Manifest = {
  name: 'example.affinity.glucose-sensor',
  version,
  title: 'Glucose sensors of the demonstration',
  license: 'CC0-1.0',
  dependencies: [{ name: 'hl7.fhir.r4.core', version: '4.0.1' }],
};

/** One part of the extension, under its own name. */
const part = (name: string, min: number, short: string, value: object) => [
  { id: `Extension.extension:${name}`, path: 'Extension.extension', sliceName: name, short, min, max: '1' },
  { id: `Extension.extension:${name}.extension`, path: 'Extension.extension.extension', max: '0' },
  { id: `Extension.extension:${name}.url`, path: 'Extension.extension.url', fixedUri: name },
  { id: `Extension.extension:${name}.value[x]`, path: 'Extension.extension.value[x]', min: 1, ...value },
];

const extension: Resource = {
  resourceType: 'StructureDefinition',
  id: 'glucose-sensor',
  url: sensorExtension,
  ...common,
  name: 'GlucoseSensor',
  title: 'Glucose sensor',
  description: 'Which sensor measured a glucose, since when it has been worn, and where.',
  fhirVersion: '4.0.1',
  kind: 'complex-type',
  abstract: false,
  context: [{ type: 'element', expression: 'Observation' }],
  type: 'Extension',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
  derivation: 'constraint',
  differential: {
    element: [
      { id: 'Extension', path: 'Extension', short: 'The sensor of a glucose reading', max: '1' },
      ...part('serialNumber', 1, 'As it stands on the sensor', { type: [{ code: 'string' }] }),
      ...part('wornSince', 0, 'When it was put on', { type: [{ code: 'dateTime' }] }),
      ...part('site', 0, 'Where it is worn', {
        type: [{ code: 'code' }],
        binding: { strength: 'required', valueSet: siteValues },
      }),
      { id: 'Extension.url', path: 'Extension.url', fixedUri: sensorExtension },
      { id: 'Extension.value[x]', path: 'Extension.value[x]', max: '0' },
    ],
  },
};

const profile: Resource = {
  resourceType: 'StructureDefinition',
  id: 'glucose-sensor-reading',
  url: sensorReading,
  ...common,
  name: 'GlucoseSensorReading',
  title: 'Glucose reading of a sensor',
  description: 'One glucose, in mg/dL, with the moment, the person and the sensor.',
  fhirVersion: '4.0.1',
  kind: 'resource',
  abstract: false,
  type: 'Observation',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
  derivation: 'constraint',
  differential: {
    element: [
      { id: 'Observation', path: 'Observation', short: 'A glucose reading of a sensor' },
      {
        id: 'Observation.extension',
        path: 'Observation.extension',
        slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' },
        min: 1,
      },
      {
        id: 'Observation.extension:sensor',
        path: 'Observation.extension',
        sliceName: 'sensor',
        short: 'The sensor',
        min: 1,
        max: '1',
        type: [{ code: 'Extension', profile: [sensorExtension] }],
        mustSupport: true,
      },
      {
        id: 'Observation.code',
        path: 'Observation.code',
        short: 'Glucose in interstitial fluid',
        patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '99504-3' }] },
      },
      {
        id: 'Observation.subject',
        path: 'Observation.subject',
        short: 'Who wears the sensor',
        min: 1,
        type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Patient'] }],
        mustSupport: true,
      },
      {
        id: 'Observation.effective[x]',
        path: 'Observation.effective[x]',
        short: 'The moment of the reading',
        min: 1,
        type: [{ code: 'dateTime' }],
        mustSupport: true,
      },
      {
        id: 'Observation.value[x]',
        path: 'Observation.value[x]',
        short: 'Milligrams per decilitre',
        min: 1,
        type: [{ code: 'Quantity' }],
        patternQuantity: { system: 'http://unitsofmeasure.org', code: 'mg/dL' },
        mustSupport: true,
      },
    ],
  },
};

const codeSystem: Resource = {
  resourceType: 'CodeSystem',
  id: 'glucose-sensor-site',
  url: sites,
  ...common,
  name: 'GlucoseSensorSite',
  title: 'Where a glucose sensor is worn',
  caseSensitive: true,
  valueSet: siteValues,
  content: 'complete',
  concept: [
    {
      code: 'upper-arm',
      display: 'Upper arm',
      concept: [
        { code: 'left-upper-arm', display: 'Left upper arm' },
        { code: 'right-upper-arm', display: 'Right upper arm' },
      ],
    },
    { code: 'abdomen', display: 'Abdomen' },
    { code: 'thigh', display: 'Thigh' },
  ],
};

const valueSet: Resource = {
  resourceType: 'ValueSet',
  id: 'glucose-sensor-site',
  url: siteValues,
  ...common,
  name: 'GlucoseSensorSite',
  title: 'Where a glucose sensor is worn',
  compose: { include: [{ system: sites }] },
};

const searchParameter: Resource = {
  resourceType: 'SearchParameter',
  id: 'glucose-sensor',
  url: `${canonical}/SearchParameter/glucose-sensor`,
  ...common,
  name: 'GlucoseSensor',
  description: 'The serial number of the sensor that a glucose reading came from.',
  code: 'glucose-sensor',
  base: ['Observation'],
  type: 'string',
  expression: `Observation.extension.where(url = '${sensorExtension}').extension.where(url = 'serialNumber').value`,
};

export const glucoseSensorDefinitions: readonly Resource[] = [
  extension,
  profile,
  codeSystem,
  valueSet,
  searchParameter,
];

/** What the clinic of the demonstration enforces. */
export const demonstrationProfiles = [{ profile: sensorReading, type: 'Observation', always: false }] as const;
