import type { Tensor } from '@tensorflow/tfjs-core';
import type { Answer, Work } from '@overparam/core';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import { assertOutsideLoss, isCalling } from '../recording/call-loss.ts';
import { disposeAll } from '../recording/engine.ts';
import { meter, type Meter } from '../recording/meter.ts';
import type { Draws } from '../recording/randomness.ts';
import { readLater, readNow, type Reading, type Within } from '../recording/reading.ts';
import { tap } from '../recording/taps.ts';
import type { Before } from '../recording/variable-writes.ts';
import type { Linearized } from './linearization.ts';
import { transaction, type Transaction } from './transaction.ts';

/** A question that has been asked and not answered. */
interface Pending {
  readonly reading: Reading<unknown>;
  /** Tensors that it keeps. */
  readonly kept: Tensor[];
}

/** What is known of the step in progress. A call is what the user's functions did when the step began. */
export interface Step<Call> {
  /** Undefined before the first question, and after a move. */
  call: Call | undefined;
  /** The last linearization. */
  at: Linearized | undefined;
  /** Questions that wait for numbers. */
  readonly pending: Set<Pending>;
}

/** The life of a step, from its first question to its end. */
export interface StepLife<Call> {
  readonly step: Step<Call>;
  readonly writes: Transaction;
  readonly spent: Meter;
  /** Begins a step by calling the user's functions; what is left of the step before is freed. */
  begin(call: (draws: Draws, before: Before) => Call): Call;
  /** Answers a question. When it fails, the step is abandoned, and nothing that the question kept stays. */
  ask<T>(kind: keyof Work, question: () => Reading<T>): Answer<T>;
  /** Frees what the step made, and keeps what undoes it. */
  settle(): void;
  /** The step ended well: it cannot be undone any more. */
  finish(): void;
  /** Undoes the step. Questions that wait for numbers end. */
  abandon(): void;
}

export interface StepOptions {
  readonly memory: ParameterMemory;
  /** Whether numbers are read by promises. */
  readonly asynchronous: boolean;
}

export function stepLife<Call extends { dispose(): void }>({ memory, asynchronous }: StepOptions): StepLife<Call> {
  const step: Step<Call> = { call: undefined, at: undefined, pending: new Set() };
  const writes = transaction(memory);
  const spent = meter();

  const settle = (): void => {
    step.at?.dispose();
    step.call?.dispose();
    step.at = step.call = undefined;
  };
  const finish = (): void => {
    settle();
    writes.finish();
  };
  const abandon = (): void => {
    const pending = [...step.pending];
    step.pending.clear();
    writes.abandon();
    finish();
    for (const { reading, kept } of pending) {
      reading.return(undefined);
      disposeAll(kept);
    }
  };

  return {
    step,
    writes,
    spent,
    settle,
    finish,
    abandon,
    begin(call) {
      assertOutsideLoss();
      finish();
      return (step.call = writes.begin(call));
    },
    ask(kind, question) {
      const kept: Tensor[] = [];
      const within: Within = (stretch) =>
        spent.during(kind, () =>
          tap(
            'question',
            ({ keep }) => ({
              keep(tensor) {
                // What the user's functions keep is theirs.
                if (!isCalling()) kept.push(tensor);
                return keep(tensor);
              },
            }),
            stretch,
          ),
        );
      const failed = (error: unknown): never => {
        abandon();
        disposeAll(kept);
        throw error;
      };
      const reading = question();
      if (!asynchronous) {
        try {
          return readNow(reading, within);
        } catch (error) {
          return failed(error);
        }
      }
      const pending: Pending = { reading, kept };
      step.pending.add(pending);
      const ended = (): boolean => !step.pending.delete(pending);
      return readLater(reading, within, () => !step.pending.has(pending)).then(
        (answer) => (ended(), answer),
        (error: unknown) => {
          if (ended()) throw error;
          return failed(error);
        },
      );
    },
  };
}
