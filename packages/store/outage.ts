/** Tells an outage of PostgreSQL from a fault of ours. PostgreSQL 18 documentation, appendix A; node-postgres.com/apis/client. */
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';

/** connection_exception, insufficient_resources, operator_intervention (a statement that ran too long is one of these) */
const outageClasses = ['08', '53', '57'];
const systemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH']);
/** what the driver throws of itself, without a code */
const driverMessages =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout e)/i;

export const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined) return driverMessages.test(error.message);
  return systemCodes.has(code) || (code.length === 5 && outageClasses.includes(code.slice(0, 2)));
};

/** The method with its outages told as `BackendUnavailable`; everything else stays as it was thrown. */
export const tellingOutages =
  <Arguments extends readonly unknown[], Result>(method: (...args: Arguments) => Promise<Result>) =>
  async (...args: Arguments): Promise<Result> => {
    try {
      return await method(...args);
    } catch (error) {
      throw isOutage(error) ? new BackendUnavailable(error) : error;
    }
  };
