// A message centre made with the npm package smpp (MIT): whatever a phone gets it writes back.
const smpp = require('smpp');

const waiting = {}; // parts of long messages, by reference
let accepted = 0, ref = 40;

function echo(session, pdu, text) {
	const to = {source_addr_ton: 1, source_addr_npi: 1, source_addr: pdu.destination_addr,
		dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: pdu.source_addr};
	if (pdu.data_coding !== 8) {
		session.deliver_sm({...to, data_coding: 0, short_message: text});
		return;
	}
	const units = Buffer.from(text, 'utf16le').swap16(), size = 134, total = Math.ceil(units.length / size);
	ref++;
	for (let i = 0; i < total; i++) { // surrogate pairs may be parted, as some phones do
		session.deliver_sm({...to, data_coding: 8, esm_class: 0x40, short_message: {
			udh: Buffer.from([5, 0, 3, ref, total, i + 1]), message: units.subarray(i * size, (i + 1) * size)}});
	}
}

smpp.createServer((session) => {
	session.on('error', () => {});
	session.on('bind_transceiver', (pdu) => {
		session.send(pdu.response({system_id: 'node'}));
		session.deliver_sm({source_addr_ton: 1, source_addr_npi: 1, source_addr: process.argv[3],
			dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: process.argv[4], short_message: 'Hello from Node {€5}'});
	});
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
	session.on('submit_sm', (pdu) => {
		const id = 'Id-' + ++accepted;
		session.send(pdu.response({message_id: id}));
		session.deliver_sm({source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
			short_message: `id:${id} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:DELIVRD err:000 text:`});
		const {message, udh} = pdu.short_message;
		let text = message;
		if (udh && udh.length) {
			const ie = Buffer.isBuffer(udh) ? udh.subarray(udh.length - 5) : udh[0]; // 0, 3, reference, total, number
			const [key, total, n] = [ie[ie.length - 3], ie[ie.length - 2], ie[ie.length - 1]];
			const parts = waiting[key] = waiting[key] || {};
			parts[n] = message;
			if (Object.keys(parts).length < total) {
				return;
			}
			text = Object.keys(parts).sort((a, b) => a - b).map((k) => parts[k]).join('');
			delete waiting[key];
		}
		echo(session, pdu, text);
	});
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
