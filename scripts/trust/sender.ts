import { send, type Arrivals } from './arrivals.js'

/**
 * The process that sends requests when they are due; its argument is `Arrivals` in JSON, what it prints is `Served`.
 */
console.log(JSON.stringify(await send(JSON.parse(process.argv[2]!) as Arrivals)))
