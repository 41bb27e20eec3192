/**
 * The module as it runs: with the third party that it asks. Every thread loads this file.
 */
import { fraudModule } from './module.ts';
import { lookUpMerchant } from './third-party.ts';

export default fraudModule(lookUpMerchant);
