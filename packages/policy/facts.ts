/** What a decision needs to know beside who asks and what is asked. Whoever calls `decide` gathers it. */

export interface DecisionFacts {
  /** ids of the patients whose records the user may reach through `user/` scopes; none unless it is said */
  readonly patientsOf?: readonly string[];
  /** a practitioner of this server may reach every record of it: a setting of the server, never a claim */
  readonly wholeServer?: boolean;
  /** the user may read the whole audit log: said of a person by an administrator, never by a claim */
  readonly auditor?: boolean;
}
