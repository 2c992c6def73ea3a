/**
 * Types that a server lets anybody read, whoever asks and with whatever token: definitions, by which records are understood
 * and which speak of nobody. Which they are is a setting of the server; IHE SVCM reads are of this kind. To write them is a
 * right of its own, said of a person by an administrator.
 */
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import type { Question } from '../decision.ts';

export const isOpenType = ({ interaction, facts }: Question): boolean => facts.open?.has(interaction.type) === true;

export const isOpenRead = (question: Question): boolean =>
  isOpenType(question) && 'rs'.includes(permissionFor[question.interaction.kind]);
