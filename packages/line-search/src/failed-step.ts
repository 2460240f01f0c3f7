/**
 * The step of SLS and PoNoS after a failed search: so short that it does no harm, and the method continues with the next
 * batch, where the search may succeed.
 */
export const failedStep = 1e-6;
