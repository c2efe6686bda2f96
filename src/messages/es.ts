import type { StatusTranslation } from '../status/status-reasons.js'

/** The language that the sentences are in. */
export const locale = 'es'

/** The sentences in Spanish, for the option `messages`. */
const messages: StatusTranslation = Object.freeze({
  locale,
  disconnected: 'Sin conexión.',
  connecting: 'Conectando...',
  pairing: 'Escanea el código QR con el teléfono o escribe en él el código de vinculación.',
  connected: 'Conectado.',
  reconnecting: 'Se perdió la conexión. Reconectando...',
  failed: 'La conexión necesita tu atención.',
  never_paired: 'Todavía no hay ningún teléfono vinculado.',
  not_running: 'Hay un teléfono vinculado, pero la sesión no está en marcha.',
  waiting_for_capacity: 'Todos los procesos del clúster están llenos. La sesión empieza en cuanto haya lugar en alguno.',
  stopped: 'La sesión está detenida.',
  pairing_expired:
    'Nadie vinculó un teléfono a tiempo. Conecta de nuevo cuando haya alguien para escanear. Si el teléfono mostró "No se pudo vincular el dispositivo", WhatsApp rechazó la vinculación.',
  pairing_refused:
    'WhatsApp rechazó vincular el teléfono (se intentó con la versión {version} como {browser}). Conecta de nuevo y escanea el código QR más reciente. Si WhatsApp lo rechaza otra vez, cambia la versión o el nombre del navegador.',
  pairing_incomplete: 'El teléfono no terminó de vincularse. Conecta de nuevo para vincularlo.',
  passkey_required:
    'WhatsApp quiere que confirmes esta vinculación con una clave de acceso, y eso solo puede hacerlo un navegador en el sitio de WhatsApp. A algunas personas les sirvió quitar la clave de acceso en el teléfono (Ajustes > Cuenta > Claves de acceso) y vincular de nuevo.',
  registration_closed:
    'WhatsApp cerró la conexión varias veces antes de enviar un código QR (se intentó con la versión {version} como {browser}). Una causa conocida es Browsers.macOS("Desktop") con syncFullHistory. Usa otro navegador, o quita syncFullHistory, y conecta de nuevo.',
  starting: 'Conectando...',
  restoring: 'Restaurando la conexión de la sesión guardada...',
  restart_required: 'Terminando la conexión...',
  connection_lost: { message: 'Se perdió la conexión. Reconectando...', beforeConnected: 'No se pudo conectar. Intentando de nuevo...' },
  socket_failed: {
    message: 'No se pudo crear el socket, porque Baileys o la opción "socketConfig" lanzó un error. Intentando de nuevo.',
    atRest:
      'No se pudo crear el socket, porque Baileys o la opción "socketConfig" lanzó un error. El evento "error" trae la causa; conecta de nuevo cuando esté corregido.',
  },
  retries_exhausted: 'No se pudo conectar después de varios intentos.',
  connection_replaced: 'Otra conexión tomó esta sesión.',
  logged_out: 'El dispositivo se desvinculó. Vincula el teléfono de nuevo.',
  restricted: 'WhatsApp restringió esta cuenta.',
  rate_limited: {
    message: 'WhatsApp pidió ir más despacio. Esperando antes del próximo intento.',
    atRest: 'WhatsApp pidió ir más despacio. Espera unos minutos y conecta de nuevo.',
  },
  client_outdated:
    'WhatsApp dice que la versión {version} de WhatsApp Web es demasiado antigua. Pasa una más nueva en la opción "version" o actualiza Baileys.',
  multi_device_mismatch: 'La cuenta no acepta dispositivos vinculados.',
  not_responding: 'Conectado, pero WhatsApp no responde. Comprobando la conexión...',
  reachout_locked: 'Conectado, pero WhatsApp no deja que esta cuenta inicie chats nuevos. Los chats que ya existen siguen.',
  message_capped: 'Conectado, pero esta cuenta ya envió todos los mensajes que WhatsApp permite en chats nuevos. Los chats que ya existen siguen.',
  credentials_corrupt: 'No se puede leer la sesión guardada. No se cambió nada.',
  credentials_missing: 'Hay un teléfono vinculado, pero la sesión guardada desapareció. Restáurala de una copia de seguridad o vincula el teléfono de nuevo.',
  wrong_key: 'La sesión guardada está cifrada, y su clave falta o es incorrecta. No se cambió nada.',
  storage_unavailable: {
    message: 'No se puede acceder al almacén de sesiones. Intentando de nuevo.',
    atRest: 'No se pudo acceder al almacén de sesiones. Conecta de nuevo cuando vuelva.',
  },
  owned_elsewhere: 'Esta sesión está en marcha en otro proceso.',
  legacy_session: 'La sesión guardada la creó whatsapp-web.js y no se puede usar.',
  already_connected: 'Ya está conectado.',
  aborted: 'Se canceló la operación.',
})

export default messages
