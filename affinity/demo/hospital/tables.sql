-- The hospital of the demonstration: a records system as they were built in the nineties, with numbers and codes of its own.
-- Dates are numbers (20260503), instants texts of local time (202605031015), 0 or nothing where there is none.
create schema hospital;

create table hospital.HAUS (HAUS_NR varchar(4) primary key, BEZ varchar(60) not null, STR varchar(60), PLZ varchar(5), ORT varchar(40));

create table hospital.ARZT (
  ARZT_NR varchar(8) primary key, NAME varchar(40) not null, VORNAME varchar(40), TITEL varchar(10), FACH varchar(4),
  HAUS_NR varchar(4), AKTIV char(1) not null);

create table hospital.PAT (
  PAT_NR varchar(7) primary key, NAME varchar(40) not null, VORNAME varchar(40), GESCHL integer, GEB_DAT integer, TOD_DAT integer,
  STR varchar(60), PLZ varchar(5), ORT varchar(40), TEL varchar(20), HAUSARZT varchar(8), AEND_TS varchar(14));

-- who looks after whom, from when to when
create table hospital.BETREU (
  PAT_NR varchar(7), ARZT_NR varchar(8), VON integer, BIS integer, AEND_TS varchar(14), primary key (PAT_NR, ARZT_NR));

create table hospital.FALL (
  FALL_NR integer primary key, PAT_NR varchar(7) not null, FALLART char(1), AUFN_TS varchar(12), ENTL_TS varchar(12),
  ARZT_NR varchar(8), VERTR char(1), AEND_TS varchar(14));

create table hospital.DIAG (
  FALL_NR integer, LFD integer, PAT_NR varchar(7) not null, ICD varchar(8), SICH char(1), DIAG_DAT integer, VERTR char(1),
  AEND_TS varchar(14), primary key (FALL_NR, LFD));

create table hospital.LABWERT (
  LW_NR integer primary key, PAT_NR varchar(7) not null, FALL_NR integer, TEST varchar(8), WERT varchar(12), EINH varchar(10),
  REF_U numeric(8,2), REF_O numeric(8,2), FLAG char(1), ABN_TS varchar(12), STAT char(1), AEND_TS varchar(14));

-- one row for each round, with what was measured in it
create table hospital.VITAL (
  PAT_NR varchar(7), LFD integer, FALL_NR integer, MESS_TS varchar(12), GEW numeric(5,1), RR_SYS integer, RR_DIA integer,
  PULS integer, AEND_TS varchar(14), primary key (PAT_NR, LFD));

create table hospital.MEDI (
  MEDI_NR integer primary key, PAT_NR varchar(7) not null, FALL_NR integer, MITTEL varchar(8), DOSIS varchar(60), VON integer,
  BIS integer, ARZT_NR varchar(8), VERTR char(1), AEND_TS varchar(14));

create table hospital.ALLERG (
  ALL_NR integer primary key, PAT_NR varchar(7) not null, STOFF varchar(8), SCHWERE integer, ERF_DAT integer, AEND_TS varchar(14));

create index on hospital.BETREU (ARZT_NR);
create index on hospital.FALL (PAT_NR);
create index on hospital.DIAG (PAT_NR);
create index on hospital.LABWERT (PAT_NR);
create index on hospital.MEDI (PAT_NR);
create index on hospital.ALLERG (PAT_NR);
